import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { fakeSecrets, hiddenPart } from '../../codebase/secrets/fake-secrets.fixture.js';
import { makeTree } from '../../codebase/walk/tree.fixture.js';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { byteTokenizer, testBase } from './codebase.fixture.js';
import { makeExamples } from './examples.js';

const secrets = Object.entries(fakeSecrets());

/**
 * A project with a key of every kind in a function, in a docstring and at module level, beside
 * files that are nothing but keys.
 */
function projectWithKeys(): string {
  const files: Record<string, string> = {};
  for (const [number, [rule, secret]] of secrets.entries()) {
    const assigned = rule === 'generic-api-key' ? secret : `value = """${secret}"""`;
    const body = Array.from({ length: 12 }, (_, i) => `    step_${number}_${i} = compute(${number}, ${i})`);
    files[`src/module${number}.py`] =
      `${assigned}\n\n\ndef use_${number}():\n    """Connects with ${secret.split('\n').join(' ')}."""\n${body.join('\n')}\n    ${assigned}\n    return value\n`;
    files[`src/plain${number}.py`] = `def plain_${number}():\n${body.join('\n')}\n    return ${number}\n`;
  }
  files['.env'] = secrets.map(([, secret]) => `KEY=${secret}`).join('\n');
  files['src/key.py'] = `${fakeSecrets()['private-key']}\n`;
  return makeTree(files);
}

test('planted keys of twelve kinds come into no chunk, vector, index file or example, and their places are told', async () => {
  const root = projectWithKeys();
  const data = mkdtempSync(join(tmpdir(), 'planted-'));
  const paths = new GardenPaths(data);
  mkdirSync(paths.project('p'), { recursive: true });
  const index = new ProjectIndex(paths, 'p');
  const embedder = wordEmbedder();
  const files: ChunkedFile[] = [];
  async function* keeping() {
    for await (const item of chunkCodebase(root)) {
      if ('chunks' in item) files.push(item);
      yield item;
    }
  }
  await index.update(keeping(), embedder, { root });
  // Before the searches below, which hold the secrets themselves.
  const embedded = embedder.texts.join('\n');
  const found = [];
  for (const [, secret] of secrets) found.push(await index.search(secret, embedder, { k: 100 }));
  const outcomes = await index.outcomes();
  index.close();
  // Nothing is held out and nothing left out: every token that training could see.
  const set = makeExamples(files, testBase, { seed: 1, sequenceLength: 256, maxHeldOutTokens: 1e6 });
  const learned = [...set.train, ...set.validation, ...set.heldOut.flatMap(({ examples }) => examples)];
  const everything = {
    embedded,
    found: JSON.stringify(found),
    examples: learned.map(({ tokens }) => byteTokenizer.decode(tokens)).join('\n'),
    before: JSON.stringify(set.heldOut.map(({ before }) => before)),
    disk: bytesBelow(data),
  };
  expect(everything.examples.length).toBeGreaterThan(5_000);
  for (const [rule, secret] of secrets) {
    const hidden = hiddenPart(rule, secret);
    for (const [place, text] of Object.entries(everything))
      expect(text.includes(hidden), `${rule} in ${place}`).toBe(false);
  }
  expect(everything.embedded).toContain('step_3_5 = compute(3, 5)');
  for (const [number, [rule]] of secrets.entries()) {
    const outcome = outcomes.find(({ path }) => path === `src/module${number}.py`);
    expect(outcome).toMatchObject({ outcome: 'indexed', secrets: [{ line: 1, rule }, {}, {}] });
  }
  const leftOut = outcomes.filter(({ reason }) => reason === 'secret').map(({ path }) => path);
  expect(leftOut).toEqual(['.env', 'src/key.py']);
  rmSync(data, { recursive: true });
});

function bytesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}
