import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let here: TestGarden;
beforeEach(async () => {
  here = await makeTestGarden();
});
afterEach(() => here.remove());

test('a new data directory has notes and no failure; each note says what to do', async () => {
  const { code, stdout } = await here.gardener('doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nEverything works; \d+ notes? above\.\n$/);
  const lines = stdout.split('\n');
  const notes = lines.flatMap((line, index) => (line.startsWith('!') ? [lines[index + 1]] : []));
  expect(notes.length).toBeGreaterThan(0);
  for (const next of notes) expect(next).toMatch(/^ {3}try: ./);
});

test('what is broken ends with 1, and the first remedy stands in the last line', async () => {
  const shop = join(here.root, 'shop');
  await mkdir(shop);
  const { id } = await here.add('shop', shop);
  await rm(join(here.garden.paths.project(id), 'project.copy.json'));
  await writeFile(here.garden.paths.projectFile(id), '{');
  const { code, stdout, stderr } = await here.gardener('doctor', '--json');
  expect(code).toBe(1);
  const { checks } = JSON.parse(stdout) as { checks: { state: string; name: string; remedy: string }[] };
  const failed = checks.filter(({ state }) => state === 'fail');
  expect(failed.length).toBeGreaterThan(0);
  const names = failed.map(({ name }) => name).join(', ');
  expect(stderr).toContain(`${failed.length} of ${checks.length} checks failed: ${names}.\n`);
  expect(stderr).toContain(`try: ${failed[0]?.remedy}\n`);
});
