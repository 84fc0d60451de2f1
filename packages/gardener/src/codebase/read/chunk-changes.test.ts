import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeTree } from '../walk/tree.fixture.js';
import { walkCodebase } from '../walk/walk.js';
import { chunkChanges, type KnownFile } from './chunk-changes.js';

const CODE = 'export function f(value: number): number {\n  return value + 1;\n}\n';

/** One walk: what became of each path, and what is known of it for the next. */
async function pass(root: string, known: Map<string, KnownFile>): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for await (const item of chunkChanges(await walkCodebase(root), (path) => known.get(path))) {
    if ('unchanged' in item) {
      seen[item.path] = 'unchanged';
      known.set(item.path, item.known);
    } else if ('chunks' in item) {
      seen[item.path] = `${item.chunks.length} chunks`;
      known.set(item.path, { path: item.path, outcome: 'indexed', reason: null, version: item.version! });
    } else {
      seen[item.path] = `${item.outcome} ${item.reason}`;
      if (item.version) known.set(item.path, { ...item, version: item.version });
    }
  }
  return seen;
}

/** As if they had been read long ago. */
function settle(known: Map<string, KnownFile>): void {
  for (const file of known.values()) file.version = { ...file.version, settled: true };
}

it('reads what may have changed, parses what has, and takes the word for the rest', async () => {
  const root = makeTree({ 'a.ts': CODE, 'b.ts': CODE, 'made.ts': `// @generated\n${CODE}`, 'c.txt': 'x' });
  const known = new Map<string, KnownFile>();
  const first = { 'a.ts': '1 chunks', 'b.ts': '1 chunks', 'made.ts': 'skipped generated' };
  expect(await pass(root, known)).toMatchObject(first);
  // Read again, since they are so new; not parsed, since they are the same.
  const same = { 'a.ts': 'unchanged', 'b.ts': 'unchanged', 'made.ts': 'unchanged' };
  expect(await pass(root, known)).toMatchObject(same);
  settle(known);
  expect(await pass(root, known)).toMatchObject(same);
  appendFileSync(join(root, 'a.ts'), CODE.replace('f(', 'g('));
  utimesSync(join(root, 'b.ts'), new Date(), new Date());
  writeFileSync(join(root, 'made.ts'), CODE);
  expect(await pass(root, known)).toMatchObject({
    'a.ts': expect.stringContaining('chunks'),
    'b.ts': 'unchanged',
    'made.ts': '1 chunks',
    'c.txt': expect.stringContaining('skipped'),
  });
});

it('notices a change that keeps size and modification time', async () => {
  const root = makeTree({ 'a.ts': CODE });
  const time = new Date(2020, 1, 1);
  utimesSync(join(root, 'a.ts'), time, time);
  const known = new Map<string, KnownFile>();
  await pass(root, known);
  settle(known);
  expect(await pass(root, known)).toEqual({ 'a.ts': 'unchanged' });
  writeFileSync(join(root, 'a.ts'), CODE.replace('value + 1', 'value + 2'));
  utimesSync(join(root, 'a.ts'), time, time);
  expect(await pass(root, known)).toEqual({ 'a.ts': '1 chunks' });
});
