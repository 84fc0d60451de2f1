import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HEADER_BYTES, readBinaryHeader } from './binary-header.js';
import { repository } from './repository.js';

const runtime = (file: string) =>
  join(repository, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', file);

function startOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(HEADER_BYTES);
  readSync(descriptor, bytes);
  closeSync(descriptor);
  return bytes;
}

// ONNX Runtime's package brings real libraries of every platform.
it.each([
  ['linux/x64/onnxruntime_binding.node', 'elf', 'x64'],
  ['linux/x64/libonnxruntime.so.1', 'elf', 'x64'],
  ['linux/arm64/onnxruntime_binding.node', 'elf', 'arm64'],
  ['linux/arm64/libonnxruntime.so.1', 'elf', 'arm64'],
  ['darwin/arm64/onnxruntime_binding.node', 'mach-o', 'arm64'],
  ['darwin/arm64/libonnxruntime.1.dylib', 'mach-o', 'arm64'],
  ['win32/x64/onnxruntime_binding.node', 'pe', 'x64'],
  ['win32/x64/onnxruntime.dll', 'pe', 'x64'],
  ['win32/arm64/onnxruntime.dll', 'pe', 'arm64'],
])('%s is %s for %s', (file, format, architecture) => {
  expect(readBinaryHeader(startOf(runtime(file)))).toEqual({ format, architectures: [architecture] });
});

it('a universal Mach-O file has more than one architecture', () => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(0xcafebabe, 0);
  bytes.writeUInt32BE(2, 4);
  bytes.writeUInt32BE(0x01000007, 8);
  bytes.writeUInt32BE(0x0100000c, 28);
  expect(readBinaryHeader(bytes)).toEqual({ format: 'mach-o', architectures: ['x64', 'arm64'] });
});

it('another architecture is given with its number', () => {
  const bytes = startOf(runtime('linux/x64/onnxruntime_binding.node'));
  bytes.writeUInt16LE(0xf3, 18);
  expect(readBinaryHeader(bytes)).toEqual({ format: 'elf', architectures: ['0xf3'] });
});

it.each([
  ['a text', Buffer.from('#!/bin/sh\nexec gardener "$@"\n'.repeat(10))],
  ['nothing', Buffer.alloc(0)],
  ['a few bytes', Buffer.from([0x7f, 0x45, 0x4c, 0x46])],
  ['a page', readFileSync(join(repository, 'README.md')).subarray(0, HEADER_BYTES)],
  ['a Java class of version 61', Buffer.from(`cafebabe0000003d${'00'.repeat(200)}`, 'hex')],
  ['a DOS program', Buffer.from(`4d5a${'00'.repeat(58)}ffffff7f${'00'.repeat(100)}`, 'hex')],
])('%s is no library', (_, bytes) => {
  expect(readBinaryHeader(bytes)).toBeNull();
});
