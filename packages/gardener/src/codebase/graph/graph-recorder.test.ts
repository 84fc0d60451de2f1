import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSource } from '../parse/parse-source.fixture.js';
import { makeTree } from '../walk/tree.fixture.js';
import { FactsLog } from './facts-log.js';
import { factsOf } from './file-facts.js';
import { GraphReader } from './graph-reader.js';
import { type FileStamp, type GraphItem, GraphRecorder } from './graph-recorder.js';

const stamped: FileStamp = ({ hash, allowedSecrets = [] }) => [hash, ...allowedSecrets].join();

async function parsed(path: string, text: string): Promise<GraphItem> {
  return { path, hash: `hash of ${text}`, facts: factsOf(await parseSource('typescript', text)) };
}

async function record(directory: string, items: GraphItem[], log = new FactsLog(directory)): Promise<void> {
  const recorder = await GraphRecorder.begin(log, stamped);
  const passed: GraphItem[] = [];
  for await (const item of recorder.record(each(items))) passed.push(item);
  expect(passed).toEqual(items);
  await recorder.save();
}

async function* each(items: GraphItem[]): AsyncGenerator<GraphItem> {
  yield* items;
}

const A = 'export function first() { return second(); }\n';
const B = 'export function second() { return 2; }\n';
const logOf = (directory: string) => join(directory, 'facts.log');

async function makeGraph(): Promise<{ directory: string; items: GraphItem[] }> {
  const directory = makeTree();
  const items = [await parsed('a.ts', A), await parsed('b.ts', B)];
  await record(directory, items);
  return { directory, items };
}

async function dependencyOf(
  directory: string,
  reader = new GraphReader(directory),
): Promise<string[] | null> {
  const graph = await reader.current();
  if (graph === null) return null;
  const found = graph.dependencies({ path: 'a.ts', startLine: 1, endLine: 1 });
  return found.map(({ path, symbol }) => `${path} ${symbol}`);
}

async function knows(directory: string, path: string, text: string, reason: string | null = null) {
  const recorder = await GraphRecorder.begin(new FactsLog(directory), stamped);
  const times = { bytes: 1, modifiedMs: 1, changedMs: 1, settled: true };
  const version = { hash: `hash of ${text}`, ...times };
  return recorder.knows({ path, outcome: reason === null ? 'indexed' : 'skipped', reason, version });
}

describe('the stored graph', () => {
  it('follows the files: a changed one anew, an unchanged one as it was, one that is gone no more', async () => {
    const empty = makeTree();
    expect(await dependencyOf(empty)).toBeNull();
    expect(await knows(empty, 'a.ts', A)).toBe(false);
    const { directory } = await makeGraph();
    const reader = new GraphReader(directory);
    expect(await dependencyOf(directory, reader)).toEqual(['b.ts second']);
    expect(await knows(directory, 'a.ts', A)).toBe(true);
    expect(await knows(directory, 'a.ts', B)).toBe(false);

    const moved = await parsed('c.ts', B);
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts', outcome: 'skipped' }, moved]);
    expect(await dependencyOf(directory, reader)).toEqual(['c.ts second']);
    expect(await dependencyOf(directory)).toEqual(['c.ts second']);
    expect(await knows(directory, 'b.ts', B)).toBe(false);
    await record(directory, [{ path: 'a.ts' }]);
    expect(await dependencyOf(directory, reader)).toEqual([]);
    expect(await dependencyOf(directory)).toEqual([]);
  });

  it('knows what has no facts', async () => {
    const { directory } = await makeGraph();
    await record(directory, [
      { path: 'a.ts' },
      { path: 'b.ts' },
      { path: 'notes.md', hash: 'hash of notes' },
    ]);
    expect(await knows(directory, 'notes.md', 'notes')).toBe(true);
    expect(await knows(directory, 'photo.ts', 'photo', 'binary')).toBe(true);
    expect(await knows(directory, 'empty.ts', 'empty', 'no-code')).toBe(false);
    // It was code when it was recorded.
    expect(await knows(directory, 'a.ts', 'binary now', 'binary')).toBe(false);
    const graph = await new GraphReader(directory).current();
    expect(graph?.fileCount).toBe(2);
  });

  it('is written to by as much as has changed, and not at all when nothing has', async () => {
    const { directory, items } = await makeGraph();
    const before = readFileSync(logOf(directory), 'utf8');
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts' }]);
    await record(directory, items);
    expect(readFileSync(logOf(directory), 'utf8')).toBe(before);
    await record(directory, [{ path: 'a.ts' }, await parsed('b.ts', `${B}// changed\n`)]);
    const after = readFileSync(logOf(directory), 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(after.slice(before.length).split('\n')).toHaveLength(2);
  });

  it('does not grow for ever: what was replaced is left out in the end', async () => {
    const { directory } = await makeGraph();
    const reader = new GraphReader(directory);
    const log = new FactsLog(directory);
    const declared = Array.from(
      { length: 100 },
      (_, i) => `export function filler${i}() { return gone${i}(); }`,
    );
    const filler = `${declared.join('\n')}\n`;
    const sizes: number[] = [];
    for (let edit = 0; edit < 20; edit++) {
      const big = await parsed('big.ts', `${filler}export const edit${edit} = ${edit};\n`);
      await record(directory, [{ path: 'a.ts' }, { path: 'b.ts' }, big], log);
      sizes.push(statSync(logOf(directory)).size);
      expect((await reader.current())?.named(`edit${edit}`)).toHaveLength(1);
      expect((await reader.current())?.named(`edit${edit - 1}`)).toHaveLength(0);
    }
    expect(Math.max(...sizes)).toBeLessThan(1.3 * sizes[0]! + 16 * 1024);
    expect(sizes.some((size, edit) => size < (sizes[edit - 1] ?? 0))).toBe(true);
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
  });

  it('stays as it was when an update is broken off, and the next one is asked for what is missing', async () => {
    const { directory } = await makeGraph();
    const recorder = await GraphRecorder.begin(new FactsLog(directory), stamped);
    for await (const item of recorder.record(each([await parsed('c.ts', B), await parsed('b.ts', A)]))) {
      if (item.path === 'c.ts') break;
    }
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
    expect(await knows(directory, 'c.ts', B)).toBe(false);
    // What was parsed may be kept; what was not met is not gone.
    await recorder.save();
    expect(await knows(directory, 'c.ts', B)).toBe(true);
    expect(await knows(directory, 'a.ts', A)).toBe(true);
    expect(await knows(directory, 'b.ts', B)).toBe(true);
  });

  it('is asked for a file again whose secrets are let through no more, though its bytes are the same', async () => {
    const { directory } = await makeGraph();
    const file = { ...(await parsed('c.ts', 'export const key = "in the clear";\n')), allowedSecrets: ['f'] };
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts' }, file]);
    const { allowedSecrets: _, ...masked } = { ...file, facts: (await parsed('c.ts', B)).facts };
    const recorder = await GraphRecorder.begin(new FactsLog(directory), stamped);
    const times = { bytes: 1, modifiedMs: 1, changedMs: 1, settled: true };
    const outcome = { path: 'c.ts', outcome: 'indexed' as const, reason: null };
    const version = { hash: file.hash ?? '', ...times };
    expect(recorder.knows({ ...outcome, allowedSecrets: ['f'], version })).toBe(true);
    expect(recorder.knows({ ...outcome, version })).toBe(false);
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts' }, masked as GraphItem]);
    expect((await new GraphReader(directory).current())?.named('key')).toHaveLength(0);
  });

  it('that has become shorter is read as what it is now by who has read more of it', async () => {
    const { directory } = await makeGraph();
    const log = new FactsLog(directory);
    await log.read();
    expect(log.stampOf('b.ts')).toBeDefined();
    writeFileSync(logOf(directory), readFileSync(logOf(directory)).subarray(0, -20));
    const changes = await log.read();
    expect(changes?.map(({ path, facts }) => [path, facts()])).toEqual([['b.ts', null]]);
    expect(log.stampOf('b.ts')).toBeUndefined();
    expect(log.stampOf('a.ts')).toBeDefined();
  });

  it.each([
    [
      'half a line at its end',
      (file: string) => appendFileSync(file, '00000000 {"path":"a.ts","ha'),
      ['a.ts', 'b.ts'],
    ],
    ['a line cut off', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -20)), ['a.ts']],
    [
      'other bytes in a line',
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('second()', 'secone()')),
      [],
    ],
    [
      'another version',
      (file: string) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"factsVersion":', '"factsVersion":9')),
      null,
    ],
    ['something else', (file: string) => writeFileSync(file, '[1,2,3]'), null],
    ['nothing', (file: string) => writeFileSync(file, ''), null],
  ])(
    'keeps what is whole when it is damaged (%s), and the rest is asked for again',
    async (_what, damage, whole) => {
      const { directory, items } = await makeGraph();
      damage(logOf(directory));
      const graph = await new GraphReader(directory).current();
      expect(
        graph
          ?.files()
          .map(({ path }) => path)
          .sort() ?? null,
      ).toEqual(whole);
      expect(await knows(directory, 'a.ts', A)).toBe(whole?.includes('a.ts') ?? false);
      expect(await knows(directory, 'b.ts', B)).toBe(whole?.includes('b.ts') ?? false);
      await record(directory, items);
      expect(await dependencyOf(directory)).toEqual(['b.ts second']);
      expect(await knows(directory, 'b.ts', B)).toBe(true);
    },
  );

  it('says what cannot be written', async () => {
    const { directory, items } = await makeGraph();
    // A folder where the file should be.
    await rm(logOf(directory));
    await mkdir(logOf(directory));
    await expect(record(directory, items)).rejects.toMatchObject({ code: 'garden.file-operation-failed' });
  });
});
