import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

/** Names that a module of the package's face exports, types included. */
async function exportsOf(file: string): Promise<string[]> {
  const text = await readFile(new URL(file, import.meta.url), 'utf8');
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(','),
  );
  const declared = [...text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)];
  const listed = lists.map((name) => name.replace(/^\s*type /, '').trim()).filter((name) => name !== '');
  return [...listed, ...declared.map(([, name = '']) => name)];
}

test('the README lists every export, and nothing else', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const table = readme.slice(readme.indexOf('## Every export'), readme.indexOf('## Beside'));
  const cells = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  const listed = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
  const faces = ['./index.ts', './process.ts', './files.ts'];
  const exported = (await Promise.all(faces.map(exportsOf))).flat();
  expect(exported.length).toBeGreaterThan(40);
  expect(listed.sort()).toEqual(exported.sort());
});
