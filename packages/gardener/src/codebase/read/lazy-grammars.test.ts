import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTree } from '../walk/tree.fixture.js';
import { chunkCodebase } from './chunk-codebase.js';
import { isChunkedFile } from './chunked-file.js';

const log = join(mkdtempSync(join(tmpdir(), 'grammars-')), 'log');
const nodeOptions = process.env.NODE_OPTIONS;

/** What the parser's process runs before all else: it writes down each WebAssembly file that is read, by whomever. */
const noteReads = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const noted = (read) => (file, ...rest) => {
  if (/\\.wasm$/.test(String(file))) fs.appendFileSync(${JSON.stringify(log)}, file + '\\n');
  return read(file, ...rest);
};
fs.readFileSync = noted(fs.readFileSync);
fs.readFile = noted(fs.readFile);
fs.promises.readFile = noted(fs.promises.readFile);
syncBuiltinESMExports();
`;

beforeAll(() => {
  process.env.NODE_OPTIONS = `${nodeOptions ?? ''} --import data:text/javascript,${encodeURIComponent(noteReads)}`;
});
afterAll(() => {
  if (nodeOptions === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = nodeOptions;
});

/** The WebAssembly files that reading a codebase of these files loads, beside those that are loaded already. */
async function loadedBy(files: Record<string, string>): Promise<string[]> {
  appendFileSync(log, '');
  const before = readFileSync(log, 'utf8').length;
  let indexed = 0;
  for await (const item of chunkCodebase(makeTree(files))) if (isChunkedFile(item)) indexed++;
  expect(indexed).toBe(Object.keys(files).length);
  return readFileSync(log, 'utf8')
    .slice(before)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => basename(line));
}

it('loads a grammar with the first file of its language, and nothing before the first file that needs one', async () => {
  const python = 'def water(plant):\n    return plant\n';
  expect(await loadedBy({ 'README.md': '# Garden\n\nPlants.\n' })).toEqual([]);
  expect(await loadedBy({ 'a.py': python })).toEqual(['web-tree-sitter.wasm', 'tree-sitter-python.wasm']);
  expect(await loadedBy({ 'b.py': python, 'c.go': 'package c\n\nfunc Water() {}\n' })).toEqual([
    'tree-sitter-go.wasm',
  ]);
});
