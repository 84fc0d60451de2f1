import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GardenPaths } from './files/paths.js';
import { emptyLargeLog, openLog, RotatingLog, setLargeLogAside } from './log.js';

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

test('two processes that never end stay within three files of the size', () => {
  const file = join(folder, 'x.log');
  const [one, other] = [new RotatingLog(file, 10_000), new RotatingLog(file, 10_000)];
  const line = `${'x'.repeat(99)}\n`;
  for (let n = 0; n < 1_000; n++) (n % 3 === 0 ? one : other).write(line);
  expect(readdirSync(folder).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2']);
  // Each process looks once for so many bytes of its own.
  for (const name of readdirSync(folder))
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(30_000);
  expect(readFileSync(file, 'utf8').endsWith(line)).toBe(true);
});

test('a log that cannot be written fails nothing', () => {
  new RotatingLog(join(folder, 'gone', 'x.log')).write('lost');
  expect(readdirSync(folder)).toEqual([]);
});

test('the log of a child is emptied under its hands', () => {
  const file = join(folder, 'worker.log');
  const held = openSync(file, 'a');
  writeSync(held, 'first');
  emptyLargeLog(file, 3);
  writeSync(held, 'next');
  closeSync(held);
  expect(readFileSync(file, 'utf8')).toBe('next');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('first');
});
