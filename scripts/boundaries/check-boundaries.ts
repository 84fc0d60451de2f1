// Holds the house of docs/architecture.md; what each rule is stands in rules/, the order of rooms and floors in
// house.json. (That nothing writes to the console is Biome's noConsole, which can tell code from strings.)
//   npm run boundaries
// Prints each offence as `path:line: what`, exit code 1 when there is one.
import { fileURLToPath } from 'node:url';
import { readHouse } from './house.js';
import { RULES } from './rules.js';
import { readSourceFiles } from './source-files.js';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const files = readSourceFiles(packages);
const offences = Object.values(RULES(readHouse()))
  .flatMap((rule) => rule(files))
  .map(({ path, line, what }) => `packages/${path}:${line}: ${what}`);
for (const offence of offences.sort()) process.stdout.write(`${offence}\n`);
process.stdout.write(
  offences.length === 0 ? 'boundaries: no offence\n' : `boundaries: ${offences.length} found\n`,
);
process.exitCode = offences.length === 0 ? 0 : 1;
