import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { readJson, writeJson } from '../files/json-state.js';
import { asFilesystemError, type FileDeed } from './filesystem-error.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-failures-'));
  file = join(folder, 'state.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.skipIf(process.platform !== 'linux')('a full disk is said as such', async () => {
  const error = await writeFile('/dev/full', 'x').catch((cause: unknown) => cause);
  expect(asFilesystemError(error, file, 'write')).toMatchObject({
    code: 'garden.disk-full',
    retryable: true,
  });
});

test('a read is not called a write', async () => {
  await mkdir(file);
  await expect(readJson(file, z.object({}))).rejects.toThrow(`Could not read ${file} (EISDIR).`);
  await expect(writeJson(file, {})).rejects.toThrow(`Could not write ${file} (EISDIR).`);
});

test('the step that failed counts for more than what it was part of', async () => {
  const sentence = async (work: Promise<unknown>, doing: FileDeed) => {
    const error = await work.then(
      () => null,
      (cause: unknown) => cause,
    );
    return asFilesystemError(error, folder, doing).message;
  };
  const other = join(folder, 'other');
  await writeFile(file, '{}');
  await writeFile(other, '');
  expect(await sentence(readdir(file), 'write')).toBe(`Could not read ${file} (ENOTDIR).`);
  expect(await sentence(rmdir(file), 'write')).toBe(`Could not delete ${file} (ENOTDIR).`);
  expect(await sentence(copyFile(file, other, constants.COPYFILE_EXCL), 'write')).toBe(
    `Could not copy ${file} to ${other} (EEXIST).`,
  );
  expect(await sentence(copyFile(join(folder, 'none'), other), 'write')).toBe(
    `${join(folder, 'none')} does not exist.`,
  );
  expect(await sentence(writeFile(join(file, 'below'), ''), 'write')).toBe(
    `Could not write ${folder} (ENOTDIR).`,
  );
});
