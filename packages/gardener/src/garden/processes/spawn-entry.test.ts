import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entryCommand, spawnEntry } from './spawn-entry.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden entry-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function output(entry: URL): Promise<string> {
  const child = spawnEntry(entry, ['a b'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
  });
  await once(child, 'close');
  return out;
}

test('source runs through tsx from any directory, the compiled file plainly', async () => {
  const entry = pathToFileURL(join(folder, 'x.js'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(folder, 'x.ts'),
    'const word: string = "ts"; process.stdout.write(word + process.argv[2]);',
  );
  expect(entryCommand(entry, []).args).toContain('--conditions=source');
  expect(await output(entry)).toBe('tsa b');
  await writeFile(join(folder, 'x.js'), 'process.stdout.write("js" + process.argv[2]);');
  expect(entryCommand(entry, ['1'])).toEqual({
    command: process.execPath,
    args: [join(folder, 'x.js'), '1'],
  });
  expect(await output(entry)).toBe('jsa b');
});

test('tests that have compiled all sources start children from what was compiled', () => {
  const child = new URL('../runner/runner-child.js', import.meta.url);
  const source = fileURLToPath(child).replace(/\.js$/, '.ts');
  vi.stubEnv('CODEBASE_GARDENER_TEST_COMPILED', '');
  expect(entryCommand(child, []).args.at(-1)).toBe(source);
  vi.stubEnv('CODEBASE_GARDENER_TEST_COMPILED', '1');
  const built = fileURLToPath(new URL('../../../dist/garden/runner/runner-child.js', import.meta.url));
  expect(entryCommand(child, []).args).toEqual([built]);
});
