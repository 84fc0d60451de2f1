import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const subjects = readdirSync(`${root}bench`).filter((name) =>
  existsSync(`${root}bench/${name}/${name}.bench.ts`),
);

it('has a command and a line in bench/README.md for each benchmark', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    scripts: Record<string, string>;
  };
  const readme = readFileSync(`${root}bench/README.md`, 'utf8');
  const commands = Object.keys(scripts).filter((name) => name.startsWith('bench:'));
  expect(commands.toSorted()).toEqual(subjects.map((name) => `bench:${name}`).toSorted());
  for (const name of subjects) {
    expect(scripts[`bench:${name}`]).toContain(`bench/${name}/${name}.bench.ts`);
    expect(readme).toContain(`| ${name} | \`npm run bench:${name}`);
  }
});
