import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSource } from '../parse.js';
import { makeTree } from '../tree.fixture.js';
import { factsOf } from './file-facts.js';
import { type GraphItem, GraphRecorder, openSymbolGraph } from './graph-store.js';

async function parsed(path: string, text: string): Promise<GraphItem> {
  return { path, hash: `hash of ${text}`, facts: factsOf(await parseSource('typescript', text)) };
}

async function record(directory: string, items: GraphItem[]): Promise<GraphRecorder> {
  const recorder = await GraphRecorder.open(directory);
  const passed: GraphItem[] = [];
  for await (const item of recorder.record(each(items))) passed.push(item);
  expect(passed).toEqual(items);
  return recorder;
}

async function* each(items: GraphItem[]): AsyncGenerator<GraphItem> {
  yield* items;
}

const A = 'export function first() { return second(); }\n';
const B = 'export function second() { return 2; }\n';

async function dependencyOf(directory: string): Promise<string[] | null> {
  const graph = await openSymbolGraph(directory);
  return graph === null
    ? null
    : graph
        .dependencies({ path: 'a.ts', startLine: 1, endLine: 1 })
        .map(({ path, symbol }) => `${path} ${symbol}`);
}

describe('the stored graph', () => {
  it('follows the files: a changed one anew, an unchanged one as it was, one that is gone no more', async () => {
    const directory = makeTree();
    expect(await openSymbolGraph(directory)).toBeNull();
    await record(directory, [await parsed('a.ts', A), await parsed('b.ts', B)]);
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);

    const moved = await parsed('c.ts', B);
    const recorder = await GraphRecorder.open(directory);
    expect(recorder.knows('a.ts', `hash of ${A}`)).toBe(true);
    expect(recorder.knows('a.ts', 'another')).toBe(false);
    await record(directory, [{ path: 'a.ts' }, { path: 'b.ts', outcome: 'skipped' }, moved]);
    expect(await dependencyOf(directory)).toEqual(['c.ts second']);

    await record(directory, [{ path: 'a.ts' }]);
    expect(await dependencyOf(directory)).toEqual([]);
  });

  it('stays as it was when an update is broken off', async () => {
    const directory = makeTree();
    await record(directory, [await parsed('a.ts', A), await parsed('b.ts', B)]);
    const recorder = await GraphRecorder.open(directory);
    for await (const item of recorder.record(each([await parsed('a.ts', B), await parsed('b.ts', A)]))) {
      if (item.path === 'a.ts') break;
    }
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
  });

  it.each([
    ['half a file', (text: string) => text.slice(0, text.length / 2)],
    ['an edge to nowhere', (text: string) => text.replace(/"to":\[\d+/, '"to":[99999')],
    ['a symbol of no file', (text: string) => text.replace(/"files":\[\d+/, '"files":[77')],
    ['a column that is too short', (text: string) => text.replace(/"names":\["[^"]*",/, '"names":[')],
    ['another version', (text: string) => text.replace('"schemaVersion":1', '"schemaVersion":9')],
    ['something else', () => '[1,2,3]'],
  ])(
    'counts as none when it is damaged (%s), and is made again from what is known',
    async (_what, damage) => {
      const directory = makeTree();
      const items = [await parsed('a.ts', A), await parsed('b.ts', B)];
      await record(directory, items);
      const file = join(directory, 'graph.json');
      writeFileSync(file, damage(readFileSync(file, 'utf8')));
      expect(await dependencyOf(directory)).toBeNull();
      await record(directory, [{ path: 'a.ts' }, { path: 'b.ts' }]);
      expect(await dependencyOf(directory)).toEqual(['b.ts second']);
    },
  );

  it('asks for every file again when the facts are damaged', async () => {
    const directory = makeTree();
    const items = [await parsed('a.ts', A), await parsed('b.ts', B)];
    await record(directory, items);
    writeFileSync(join(directory, 'symbols.json'), '{"schemaVersion":1,"files":[{"path":1}]}');
    expect((await GraphRecorder.open(directory)).knows('a.ts', `hash of ${A}`)).toBe(false);
    await record(directory, items);
    expect(await dependencyOf(directory)).toEqual(['b.ts second']);
  });
});
