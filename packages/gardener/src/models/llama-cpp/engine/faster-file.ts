import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { widenable, widenGguf } from '@codebase-gardener/lora';
import { fileVersion, isThere } from '../../../garden/files/file-version.js';

/** Below this share of a model's work a copy of all of it does not pay. */
const LEAST_SHARE = 0.3;

/** What decides whether a copy pays. */
export interface Machine {
  platform: NodeJS.Platform;
  /** Names of what the processor can, as the system lists them. */
  flags: ReadonlySet<string>;
}

/**
 * The file that llama.cpp is to load for a model: the model's own, or a copy of it with the same values in a spelling
 * that this machine multiplies faster. Models whose width is no multiple of 256, such as Qwen2.5-Coder-0.5B, have most
 * of their weights in Q5_0 although their file is called Q4_K_M; with AMX, which knows Q8_0 only, a prompt is read 2.7
 * times as fast from the copy, an answer written 1.4 times as fast. The copy is made once, in seconds; where that is
 * not possible the model's own file does.
 * @param copies folder for such copies, which may go at any time
 */
export async function fasterFile(modelPath: string, copies: string, machine?: Machine): Promise<string> {
  if (!paysOn(machine ?? (await thisMachine()))) return modelPath;
  const version = await fileVersion(modelPath);
  if (version === null) return modelPath;
  const name = createHash('sha256').update(`${modelPath}\n${version}`).digest('hex').slice(0, 24);
  const copy = join(copies, `${name}.gguf`);
  if (await isThere(copy)) return copy;
  try {
    if ((await widenable(modelPath)).share < LEAST_SHARE) return modelPath;
    await mkdir(copies, { recursive: true });
    await widenGguf(modelPath, copy);
    return copy;
  } catch {
    // A full disk, or a model that our own reader does not know.
    return modelPath;
  }
}

/** Elsewhere the gain is a third at most, for more memory than that is worth. */
function paysOn({ platform, flags }: Machine): boolean {
  return platform === 'linux' && flags.has('amx_int8');
}

async function thisMachine(): Promise<Machine> {
  const text = process.platform === 'linux' ? await readFile('/proc/cpuinfo', 'utf8').catch(() => '') : '';
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1] ?? '';
  return { platform: process.platform, flags: new Set(flags.trim().split(/\s+/)) };
}
