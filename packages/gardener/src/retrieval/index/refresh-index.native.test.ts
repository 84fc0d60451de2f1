import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fingerprintOf } from '../../codebase/secrets/allowed-secrets.js';
import { fakeSecrets } from '../../codebase/secrets/fake-secrets.fixture.js';
import { makeTree } from '../../codebase/walk/tree.fixture.js';
import { GardenPaths } from '../../garden/files/paths.js';
import { killChildren } from '../../garden/processes/kill-children.fixture.js';
import { type WordEmbedder, wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { ProjectIndex } from './project-index.js';
import { refreshIndex } from './refresh-index.js';

const code = (name: string) =>
  `/** Says what ${name} is for, at some length, so that it is worth finding again. */\nexport function ${name}(value: number): number {\n${`  value = value * ${name.length} + 1;\n`.repeat(6)}  return value;\n}\n`;

let root: string;
let data: string;
let paths: GardenPaths;
let index: ProjectIndex;
let embedder: WordEmbedder;
beforeEach(async () => {
  root = makeTree({
    'src/one.ts': code('first'),
    'src/two.ts': code('second'),
    'src/made.ts': '// @generated\nx()\n',
  });
  data = mkdtempSync(join(tmpdir(), 'refresh-'));
  paths = new GardenPaths(data);
  mkdirSync(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
  embedder = wordEmbedder();
  await refreshIndex(index, root, embedder);
  embedder.texts.length = 0;
});
afterEach(() => {
  index.close();
  for (const folder of [root, data]) rmSync(folder, { recursive: true, force: true });
});

const stateFile = (name: string) => join(paths.index('p'), name);

it('keeps the account of every file, read again or not', async () => {
  const [manifest, outcomes] = [await index.manifest(), await index.outcomes()];
  expect(manifest?.files).toEqual({ seen: 3, indexed: 2, skipped: { generated: 1 }, failed: {} });
  const again = await refreshIndex(index, root, embedder);
  expect(again).toMatchObject({ files: manifest?.files, chunks: manifest?.chunks, complete: true });
  expect(await index.outcomes()).toEqual(outcomes);
  expect(embedder.texts).toEqual([]);
});

it('embeds nothing again when files and folders are renamed', async () => {
  renameSync(join(root, 'src'), join(root, 'lib'));
  renameSync(join(root, 'lib/one.ts'), join(root, 'lib/uno.ts'));
  expect((await refreshIndex(index, root, embedder)).files.indexed).toBe(2);
  expect(embedder.texts).toEqual([]);
  expect((await index.search('first', embedder, { k: 1 }))[0]?.chunk.path).toBe('lib/uno.ts');
});

it('an index of another version is told as such, and made anew without embedding', async () => {
  const manifest = JSON.parse(readFileSync(stateFile('manifest.json'), 'utf8'));
  writeFileSync(
    stateFile('manifest.json'),
    JSON.stringify({ ...manifest, schemaVersion: 1, fileHashes: {} }),
  );
  writeFileSync(stateFile('files.json'), JSON.stringify({ schemaVersion: 1, outcomes: [] }));
  const [table] = readdirSync(paths.index('p')).filter((name) => name.endsWith('.lance'));
  renameSync(stateFile(table!), stateFile(table!.replace(/v\d+/, 'v1')));
  index.close();
  await expect(index.search('first', embedder)).rejects.toMatchObject({ code: 'retrieval.other-version' });
  expect(await index.health()).toMatchObject({
    state: 'damaged',
    error: { code: 'retrieval.other-version' },
  });
  expect(await refreshIndex(index, root, embedder)).toMatchObject({ chunks: 2, complete: true });
  expect(embedder.texts).toEqual([]);
  expect(readdirSync(paths.index('p')).filter((name) => name.endsWith('.lance'))).toEqual([table]);
  expect(readdirSync(paths.index('p')).filter((name) => name.includes('damaged'))).toEqual([]);
});

it('chunks of another recipe are made again, and embedded only where they differ', async () => {
  const states = JSON.parse(readFileSync(stateFile('files.json'), 'utf8'));
  for (const file of states.files) file.recipe = 0;
  writeFileSync(stateFile('files.json'), JSON.stringify(states));
  expect(await refreshIndex(index, root, embedder)).toMatchObject({ chunks: 2, complete: true });
  expect(embedder.texts).toEqual([]);
  const renewed = JSON.parse(readFileSync(stateFile('files.json'), 'utf8'));
  expect(renewed.files.every(({ recipe }: { recipe: number }) => recipe > 0)).toBe(true);
});

it.each([true, false])(
  'mends a damaged table, also without looking for damage first (verify: %s)',
  async (verify) => {
    const [table] = readdirSync(paths.index('p')).filter((name) => name.endsWith('.lance'));
    const folder = join(paths.index('p'), table!, 'data');
    for (const name of readdirSync(folder)) truncateSync(join(folder, name), 40);
    index.close();
    writeFileSync(join(root, 'src/three.ts'), code('third'));
    expect(await refreshIndex(index, root, embedder, { verify })).toMatchObject({
      chunks: 3,
      complete: true,
    });
    expect(embedder.texts).toHaveLength(1);
    expect(await index.health()).toEqual({ state: 'ready', error: null });
  },
);

it('a list of files that is lost or damaged costs reading, not embedding', async () => {
  writeFileSync(stateFile('files.json'), '{"schemaVersion": 2, "files": [');
  expect(await refreshIndex(index, root, embedder)).toMatchObject({ chunks: 2, complete: true });
  rmSync(stateFile('files.json'));
  expect(await refreshIndex(index, root, embedder)).toMatchObject({ chunks: 2, files: { seen: 3 } });
  expect(embedder.texts).toEqual([]);
});

it('says of a chunk that is found what of the project it refers to, also after an edit', async () => {
  const caller = (name: string) =>
    `import { ${name} } from './two.js';\n\n/** Asks for it. */\nexport function asking(): number {\n  return ${name}(1);\n}\n`;
  writeFileSync(join(root, 'src/asking.ts'), caller('second'));
  await refreshIndex(index, root, embedder);
  const dependencies = async () => (await index.search('asking', embedder, { k: 1 }))[0]?.dependencies;
  expect(await dependencies()).toEqual({
    symbols: [{ path: 'src/two.ts', symbol: 'second', startLine: 2 }],
    files: ['src/two.ts'],
  });
  writeFileSync(join(root, 'src/two.ts'), code('renamed'));
  writeFileSync(join(root, 'src/asking.ts'), caller('renamed'));
  await refreshIndex(index, root, embedder);
  // The graph of before may answer until the new one is read; the rows are the new ones at once.
  const [found] = await index.search('renamed', embedder, { k: 1 });
  expect(found?.chunk).toMatchObject({ path: 'src/two.ts', symbol: 'renamed' });
  await expect.poll(dependencies).toMatchObject({ symbols: [{ symbol: 'renamed' }] });
});

it.runIf(process.platform === 'linux')(
  'a file whose parser was killed is tried again though its bytes are the same, a few times',
  async () => {
    writeFileSync(join(root, 'src/new.ts'), code('third'));
    const refresh = async () => (await refreshIndex(index, root, embedder)).files;
    const killing = killChildren('parser-child');
    const failed = await refresh().finally(killing.stop);
    expect(failed).toMatchObject({ indexed: 2, failed: { 'parse-failed': 1 } });
    expect(killing.killed()).toBeGreaterThanOrEqual(3);
    expect(await refresh()).toMatchObject({ indexed: 3, failed: {} });
    writeFileSync(join(root, 'src/other.ts'), code('fourth'));
    const always = killChildren('parser-child');
    for (let time = 0; time < 3; time++) await refresh();
    const before = always.killed();
    expect(await refresh().finally(always.stop)).toMatchObject({ failed: { 'parse-failed': 1 } });
    // Now it is let be.
    expect(always.killed()).toBe(before);
  },
);

it('shows a secret that the setting allows after the next refresh, and hides it again when it does not', async () => {
  const { 'github-pat': token = '', 'npm-access-token': other = '' } = fakeSecrets();
  const secret = `export const sandbox = '${token}';\n`;
  writeFileSync(join(root, 'src/one.ts'), `${secret}${code('first')}`);
  writeFileSync(join(root, 'src/two.ts'), `export const real = '${other}';\n${code('second')}`);
  await refreshIndex(index, root, embedder);
  const shown = async () =>
    (await index.lines({ pattern: 'export const' })).lines.map(({ text }) => text.trim());
  const [hiddenToken, hiddenOther] = [token, other].map((text) => '*'.repeat(text.length));
  const real = `export const real = '${hiddenOther}';`;
  expect(await shown()).toEqual([`export const sandbox = '${hiddenToken}';`, real]);

  embedder.texts.length = 0;
  const allowedSecrets = `000000000000, ${fingerprintOf(token)}`;
  expect(await index.freshness(root, { allowedSecrets })).toMatchObject({ changedSince: 1 });
  await refreshIndex(index, root, embedder, { allowedSecrets });
  expect(await shown()).toEqual([secret.trim(), real]);
  expect(embedder.texts.join()).not.toContain('second');
  expect(await index.freshness(root, { allowedSecrets })).toMatchObject({ changedSince: 0 });

  // A file that is as it was, under a setting that is as it was, is not read again.
  embedder.texts.length = 0;
  await refreshIndex(index, root, embedder, { allowedSecrets });
  expect(embedder.texts).toEqual([]);

  await refreshIndex(index, root, embedder);
  expect(await shown()).toEqual([`export const sandbox = '${hiddenToken}';`, real]);
});
