import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLog, setLargeLogAside } from './log.js';
import { GardenPaths } from './paths.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-log-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

test('a large log is put aside; three files are kept', () => {
  const file = join(folder, 'x.log');
  for (const text of ['1111', '2222', '3333', '4444']) {
    writeFileSync(file, text);
    setLargeLogAside(file, 3);
  }
  expect(existsSync(file)).toBe(false);
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('4444');
  expect(readFileSync(`${file}.2`, 'utf8')).toBe('3333');
  expect(existsSync(`${file}.3`)).toBe(false);
  writeFileSync(file, '55');
  setLargeLogAside(file, 3);
  expect(readFileSync(file, 'utf8')).toBe('55');
});

test('verbose writes to stderr too; silent writes nothing', async () => {
  const shown: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => shown.push(String(text)) > 0);
  const paths = new GardenPaths(folder);
  const verbose = await openLog(paths, { level: 'info', verbose: true });
  verbose.debug('seen');
  const silent = await openLog(paths, { level: 'silent', verbose: false });
  silent.fatal('not seen');
  expect(shown.join('')).toContain('seen');
  const text = readFileSync(join(paths.logs, 'gardener.log'), 'utf8');
  expect(text.match(/seen/g)).toHaveLength(1);
});
