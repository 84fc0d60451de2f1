import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { openGarden } from '../packages/gardener/src/garden/garden.js';
import { ensureModel } from '../packages/gardener/src/models/store/ensure-model.js';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'codebase-gardener-bench');

/** The default base model, fetched once into a cache outside the repository. */
export async function defaultBaseModelFile(): Promise<string> {
  const { paths } = await openGarden({ dataDir: join(cache, 'data') });
  const { files } = await ensureModel(paths, 'smollm2-135m-instruct', {});
  return Object.values(files).find((file) => file.endsWith('.gguf'))!;
}

/** A Python with torch, transformers and PEFT at the versions of bench/peft/requirements.txt, made once. */
export const pythonWithPeft = () => pythonWith('peft');

/** A Python with what bench/<folder>/requirements.txt lists, made once; BENCH_PYTHON names one that is there already. */
export async function pythonWith(folder: 'peft' | 'sentence-transformers'): Promise<string> {
  const given = process.env.BENCH_PYTHON;
  if (given) return given;
  const environment = join(cache, folder);
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const done = join(environment, 'installed');
  if (existsSync(done)) return python;
  const requirements = fileURLToPath(new URL(`./${folder}/requirements.txt`, import.meta.url));
  execFileSync('python3', ['-m', 'venv', environment], { stdio: ['ignore', 2, 2] });
  execFileSync(python, ['-m', 'pip', 'install', '-q', '-r', requirements], { stdio: ['ignore', 2, 2] });
  writeFileSync(done, '');
  return python;
}

/**
 * A script of this folder as JavaScript, so that a measured process holds no compiler and runs the built packages, as the product does.
 * @param name of the file, without `.ts`; it imports packages only
 */
export function compiledScript(name: string): string {
  const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const folder = fileURLToPath(new URL('../node_modules/.cache/codebase-gardener-bench/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, ts.transpileModule(source, { compilerOptions: options }).outputText);
  return file;
}
