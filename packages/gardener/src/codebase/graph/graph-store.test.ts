import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSource } from '../parse/parse-source.fixture.js';
import { makeTree } from '../walk/tree.fixture.js';
import { factsOf } from './file-facts.js';
import { type GraphItem, GraphRecorder, openSymbolGraph } from './graph-store.js';

async function parsed(path: string, text: string): Promise<GraphItem> {
  return { path, hash: `hash of ${text}`, facts: factsOf(await parseSource('typescript', text)) };
}

async function record(directory: string, items: GraphItem[], apartFrom?: number): Promise<void> {
  const recorder = await GraphRecorder.open(directory, apartFrom);
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

async function makeGraph(): Promise<{ directory: string; items: GraphItem[] }> {
  const directory = makeTree();
  const items = [await parsed('a.ts', A), await parsed('b.ts', B)];
  await record(directory, items);
  return { directory, items };
}

async function dependencyOf(directory: string): Promise<string[] | null> {
  const graph = await openSymbolGraph(directory);
  if (graph === null) return null;
  const found = graph.dependencies({ path: 'a.ts', startLine: 1, endLine: 1 });
  return found.map(({ path, symbol }) => `${path} ${symbol}`);
}

const isComplete = async (directory: string) => (await GraphRecorder.open(directory)).isComplete;

describe('the stored graph', () => {
  it('follows the files: a changed one anew, an unchanged one as it was, one that is gone no more', async () => {
    const empty = makeTree();
    expect(await openSymbolGraph(empty)).toBeNull();
    expect(await isComplete(empty)).toBe(false);
    const { directory } = await makeGraph();
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
    expect(await isComplete(directory)).toBe(true);

    const moved = await parsed('c.ts', B);
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts', outcome: 'skipped' }, moved]);
    expect(await dependencyOf(directory)).toEqual(['c.ts second']);
    await record(directory, [{ path: 'a.ts' }]);
    expect(await dependencyOf(directory)).toEqual([]);
    expect(await isComplete(directory)).toBe(true);
  });

  it('is the same when a process of its own makes it, which says what went wrong', async () => {
    const { directory, items } = await makeGraph();
    const apart = makeTree();
    await record(apart, items, 0);
    await record(apart, [await parsed('a.ts', `${A}// changed\n`), { path: 'b.ts' }], 0);
    await record(directory, [await parsed('a.ts', `${A}// changed\n`), { path: 'b.ts' }]);
    for (const name of ['graph.json', 'symbols.json', 'graph-state.json'])
      expect(readFileSync(join(apart, name), 'utf8')).toBe(readFileSync(join(directory, name), 'utf8'));

    // A folder where a file should be written.
    await rm(join(apart, 'graph.json'));
    await mkdir(join(apart, 'graph.json'));
    await expect(record(apart, items, 0)).rejects.toMatchObject({
      code: 'garden.file-operation-failed',
    });
  });

  it('is not written again when nothing has changed', async () => {
    const { directory, items } = await makeGraph();
    const file = join(directory, 'graph.json');
    writeFileSync(file, `${readFileSync(file, 'utf8')} `);
    const before = readFileSync(file, 'utf8');
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts' }]);
    await record(directory, items);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(await isComplete(directory)).toBe(true);
  });

  it('stays as it was when an update is broken off, and the next one is asked for every file', async () => {
    const { directory } = await makeGraph();
    const recorder = await GraphRecorder.open(directory);
    for await (const item of recorder.record(each([await parsed('a.ts', B), await parsed('b.ts', A)]))) {
      if (item.path === 'a.ts') break;
    }
    await recorder.save();
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
    // What was parsed in it may be in the index already, and is not in the graph.
    expect(await isComplete(directory)).toBe(false);
  });

  it.each([
    ['half a file', (text: string) => text.slice(0, text.length / 2)],
    ['an edge to nowhere', (text: string) => text.replace(/"to":\[\d+/, '"to":[99999')],
    ['a symbol of no file', (text: string) => text.replace(/"files":\[\d+/, '"files":[77')],
    ['a column that is too short', (text: string) => text.replace(/"names":\["[^"]*",/, '"names":[')],
    ['another version', (text: string) => text.replace('"schemaVersion":1', '"schemaVersion":9')],
    ['something else', () => '[1,2,3]'],
  ])('counts as none when it is damaged (%s), and is made again', async (_what, damage) => {
    const { directory, items } = await makeGraph();
    const file = join(directory, 'graph.json');
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    expect(await dependencyOf(directory)).toBeNull();
    expect(await isComplete(directory)).toBe(false);
    await record(directory, items);
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
  });

  it('asks for every file again when the facts are damaged', async () => {
    const { directory, items } = await makeGraph();
    writeFileSync(join(directory, 'symbols.json'), '{"schemaVersion":1,"files":[{"path":1}]}');
    await record(directory, [{ path: 'a.ts' }, await parsed('c.ts', B)]);
    expect(await isComplete(directory)).toBe(false);
    await record(directory, items);
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
    expect(await isComplete(directory)).toBe(true);
  });
});
