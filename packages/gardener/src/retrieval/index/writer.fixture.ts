// A process of its own for tests: `node writer.fixture.js <data directory> <first file> <last file> <mark>` indexes
// files number first to last and prints a line for each commit of rows with their vectors.
import { mkdirSync } from 'node:fs';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { makeFile } from '../store/chunks.fixture.js';
import { ProjectIndex } from './project-index.js';

const [root = '', first = '0', last = '0', mark = ''] = process.argv.slice(2);

async function* files() {
  for (let i = Number(first); i <= Number(last); i++) {
    const text = `value of number${i} in ${mark}`;
    yield makeFile(`src/f${i}.ts`, [{ symbol: `function${i}`, text }]);
  }
}

const paths = new GardenPaths(root);
mkdirSync(paths.project('p'), { recursive: true });
const index = new ProjectIndex(paths, 'p');
let vectors = 0;
await index.update(files(), wordEmbedder(), {
  root,
  onProgress: (progress) => {
    if (progress.vectors > vectors) process.stdout.write(`${progress.vectors}\n`);
    vectors = progress.vectors;
  },
});
index.close();
