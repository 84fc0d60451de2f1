import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readBinaryHeader } from './binary-header.js';
import { dropElfSymbols } from './drop-elf-symbols.js';
import { repository } from './repository.js';

const runtime = (file: string) =>
  readFileSync(join(repository, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', file));

it.each(['linux/x64', 'linux/arm64'])('%s: what is loaded stays, the symbols behind it go', (platform) => {
  const whole = runtime(`${platform}/onnxruntime_binding.node`);
  const before = Buffer.from(whole);
  const kept = dropElfSymbols(whole);
  expect(whole.equals(before)).toBe(true);
  expect(kept.length).toBeLessThan(whole.length);
  expect(readBinaryHeader(kept)).toEqual(readBinaryHeader(whole));
  // Behind ELF's own header, in which three fields name the sections, nothing has changed.
  expect(kept.subarray(64).equals(whole.subarray(64, kept.length))).toBe(true);
  expect(kept.readBigUInt64LE(40)).toBe(0n);
  // A second time there is nothing to drop.
  expect(dropElfSymbols(kept).equals(kept)).toBe(true);
});

it('files of other systems are given back', () => {
  const library = runtime('darwin/arm64/onnxruntime_binding.node');
  expect(dropElfSymbols(library)).toBe(library);
});
