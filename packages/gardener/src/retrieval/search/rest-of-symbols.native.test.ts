import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../index/project-index.js';
import { makeFile } from '../store/chunks.fixture.js';

const embedder = wordEmbedder();
let root: string;
let index: ProjectIndex;

const files = [
  makeFile('client.py', [
    { symbol: 'Client', kind: 'class', text: 'class Client:\n    """Talks."""' },
    { symbol: 'Client.__init__', kind: 'method', text: 'def __init__(self, *, limit=8): ...' },
    { symbol: 'Client', kind: 'class', names: [], text: 'mode = "quick"' },
    { symbol: 'Client.send', kind: 'method', text: 'def send(self): ...' },
    { symbol: 'ClientPool.__init__', kind: 'method', text: 'def __init__(self, *, size=3): ...' },
  ]),
  // Nearer to the question than what the class is made with.
  ...Array.from({ length: 40 }, (_, n) =>
    makeFile(`uses/${n}.py`, [
      { symbol: `open_${n}`, text: `client = Client() # Client ${n} ${n * 7} quick` },
    ]),
  ),
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-rest-'));
  const paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
  const read = (async function* () {
    yield* files;
  })();
  await index.update(read, embedder, { root });
});
afterAll(async () => {
  index.close();
  await rm(root, { recursive: true, force: true });
});

const textsFor = async (purpose: 'files' | 'answer') =>
  (await index.search('Client', embedder, { k: 3, purpose })).map(({ chunk }) => chunk.text);

it('adds to a class that is found what it is made with and what stands between its methods', async () => {
  const found = await textsFor('answer');
  expect(found[0]).toContain('Talks');
  expect(found).toEqual(expect.arrayContaining(['def __init__(self, *, limit=8): ...', 'mode = "quick"']));
  expect(found.join()).not.toContain('size=3');
  expect(new Set(found).size).toBe(found.length);
});

it('leaves a search for files as it is', async () => {
  const found = await textsFor('files');
  expect(found).toHaveLength(3);
  expect(found.join()).not.toContain('limit=8');
});
