import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HEADER_BYTES } from './binary-header.js';
import { checkNativeParts } from './check-contents.js';
import { PLATFORMS, type Platform } from './platforms.js';
import { repository } from './repository.js';

const platform = PLATFORMS.find(({ id }) => id === 'linux-arm64') as Platform;
const runtime = (file: string) =>
  join(repository, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', file);
let folder = '';

// Files as they are named, each with the start of a real library of that platform.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gardener-contents-'));
  const start = readFileSync(runtime('linux/arm64/onnxruntime_binding.node')).subarray(0, HEADER_BYTES);
  for (const file of [
    'onnxruntime/onnxruntime_binding.node',
    'onnxruntime/libonnxruntime.so.1',
    'lancedb/lancedb.linux-arm64-gnu.node',
    'llama/linux-arm64/llama-addon.node',
    'llama/linux-arm64/libllama.v0.4.0.so',
    'llama/linux-arm64/libggml-base.so',
    'llama/linux-arm64/libggml-cpu-armv8.0_1.so',
  ]) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), start);
  }
  writeFileSync(join(folder, 'llama/linux-arm64/_nlcBuildMetadata.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('finds nothing wrong with what is right', () => {
  expect(checkNativeParts(folder, platform)).toEqual([]);
});

it.each([
  ['linux/x64/onnxruntime_binding.node', 'is for x64, not arm64'],
  ['darwin/arm64/onnxruntime_binding.node', 'is mach-o, not elf'],
  ['win32/x64/onnxruntime_binding.node', 'is pe, not elf'],
])('finds a file of another platform: %s', (file, problem) => {
  cpSync(runtime(file), join(folder, 'llama/linux-arm64/libggml-base.so'));
  expect(checkNativeParts(folder, platform)).toEqual([`llama/linux-arm64/libggml-base.so ${problem}.`]);
});

it('finds a library that was cut off, or replaced by a pointer to it', () => {
  writeFileSync(
    join(folder, 'onnxruntime/libonnxruntime.so.1'),
    'version https://git-lfs.github.com/spec/v1\n',
  );
  expect(checkNativeParts(folder, platform)).toEqual([
    'onnxruntime/libonnxruntime.so.1 is no native library.',
  ]);
});

it('finds what is missing', () => {
  rmSync(join(folder, 'lancedb'), { recursive: true });
  rmSync(join(folder, 'llama/linux-arm64/libggml-cpu-armv8.0_1.so'));
  expect(checkNativeParts(folder, platform)).toEqual([
    'lancedb has no file like ^lancedb\\..*\\.node$.',
    'llama/linux-arm64 has no file like ^(?:lib)?ggml-cpu-.*\\.(?:so|dylib|dll)$.',
  ]);
});
