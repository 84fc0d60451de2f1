import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { HEADER_BYTES, readBinaryHeader } from './binary-header.js';
import type { Platform } from './platforms.js';

const FORMATS = { linux: 'elf', darwin: 'mach-o', win32: 'pe' } as const;
const NATIVE_FILE = /\.(?:node|dylib|dll|so(?:\.[\d.]+)?)$/;

/** What must be there, folder by folder: one file at least for each pattern. */
const EXPECTED: Record<string, readonly RegExp[]> = {
  lancedb: [/^lancedb\..*\.node$/],
  onnxruntime: [/^onnxruntime_binding\.node$/, /^(?:lib)?onnxruntime\.(?:so\.1|1\.dylib|dll)$/],
  llama: [
    /^llama-addon\.node$/,
    /^_nlcBuildMetadata\.json$/,
    /^(?:lib)?llama\..*(?:so|dylib|dll)$/,
    /^(?:lib)?ggml-base\.(?:so|dylib|dll)$/,
    /^(?:lib)?ggml-cpu-.*\.(?:so|dylib|dll)$/,
  ],
};

/**
 * Checks a folder of native parts: every file is there, none is of another system or processor, none is no library.
 * @returns what is wrong, a sentence each
 */
export function checkNativeParts(folder: string, platform: Platform): string[] {
  const problems: string[] = [];
  for (const { to } of platform.native) {
    const files = existsSync(join(folder, to)) ? readdirSync(join(folder, to)) : [];
    const expected = EXPECTED[to.split('/')[0] ?? ''] ?? [];
    for (const pattern of expected) {
      if (!files.some((name) => pattern.test(name)))
        problems.push(`${to} has no file like ${pattern.source}.`);
    }
    for (const name of files.filter((file) => NATIVE_FILE.test(file))) {
      const problem = wrongFile(join(folder, to, name), platform);
      if (problem !== null) problems.push(`${to}/${name} ${problem}.`);
    }
  }
  return problems;
}

function wrongFile(file: string, { os, cpu }: Platform): string | null {
  const header = readBinaryHeader(startOf(file));
  if (header === null) return 'is no native library';
  if (header.format !== FORMATS[os]) return `is ${header.format}, not ${FORMATS[os]}`;
  if (!header.architectures.includes(cpu)) return `is for ${header.architectures.join(', ')}, not ${cpu}`;
  return null;
}

function startOf(file: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
