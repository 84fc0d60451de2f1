import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { requireTrainable } from './require-trainable.js';

let folder: string;
let paths: GardenPaths;
let base: Buffer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-trainable-'));
  paths = new GardenPaths(join(folder, 'data'));
  base = await readFile(inject('tinyBaseFile'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The small base with some of its bytes changed. */
async function changed(change: (bytes: Buffer) => void): Promise<string> {
  const file = join(folder, 'changed.gguf');
  change(base);
  await writeFile(file, base);
  return file;
}

/** Where a tensor's count of dimensions stands in the header. */
function placeOf(tensor: string): number {
  return base.indexOf(tensor) + tensor.length;
}

it('lets a base pass that can be trained', async () => {
  await requireTrainable(paths, inject('tinyBaseFile'));
});

it('refuses another architecture, and names it and those that can be trained', async () => {
  const file = await changed((bytes) => {
    const value = bytes.indexOf('llama', bytes.indexOf('general.architecture'));
    bytes.write('mamba', value);
  });
  await expect(requireTrainable(paths, file)).rejects.toMatchObject({
    code: 'models.not-trainable',
    message: expect.stringMatching(/is mamba; .*llama, .*qwen2/),
    remedy: expect.stringContaining('--no-train'),
  });
});

it('refuses a type of tensor that cannot be read, and one that is not there', async () => {
  const tensor = 'blk.0.attn_q.weight';
  const file = await changed((bytes) => bytes.writeUInt32LE(3_000, placeOf(tensor) + 4 + 2 * 8));
  await expect(requireTrainable(paths, file)).rejects.toMatchObject({
    code: 'models.not-trainable',
    message: expect.stringContaining('stored as type 3000'),
  });
  base = await readFile(inject('tinyBaseFile'));
  const without = await changed((bytes) => bytes.write('blk.0.attn_x.weight', bytes.indexOf(tensor)));
  await expect(requireTrainable(paths, without)).rejects.toMatchObject({
    code: 'transformer.missing-weights',
    message: expect.stringContaining(`${tensor} is missing`),
  });
});

it('refuses a vocabulary that does not fit its tensor', async () => {
  const file = await changed((bytes) => {
    const rows = placeOf('token_embd.weight') + 4 + 8;
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(rows) - 1n, rows);
  });
  await expect(requireTrainable(paths, file)).rejects.toMatchObject({
    code: 'transformer.bad-config',
    message: expect.stringContaining('256 tokens, its embedding 255 rows'),
  });
});

it('refuses what is no model: a folder, a web page, a cut-off file, a model for search', async () => {
  const directory = join(folder, 'folder.gguf');
  await mkdir(directory);
  const page = join(folder, 'page.gguf');
  await writeFile(page, '<!doctype html><title>Sign in</title>');
  const cut = join(folder, 'cut.gguf');
  await writeFile(cut, base.subarray(0, 10_000));
  const codeOf = (id: string) => requireTrainable(paths, id).catch(({ code }) => code);
  expect(await codeOf(directory)).toBe('models.unreadable-file');
  expect(await codeOf(page)).toBe('models.not-a-gguf');
  expect(await codeOf(cut)).toBe('weights.truncated');
  expect(await codeOf('all-minilm-l6-v2')).toBe('models.not-a-base');
});

it.skipIf(process.platform === 'win32')('refuses a FIFO instead of waiting for it', async () => {
  const pipe = join(folder, 'pipe.gguf');
  execFileSync('mkfifo', [pipe]);
  await expect(requireTrainable(paths, pipe)).rejects.toMatchObject({ code: 'models.unreadable-file' });
});
