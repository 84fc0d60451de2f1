// Holds the house of docs/architecture.md; what each rule is stands in rules/, the order of rooms and floors in
// house.json. (That nothing writes to the console is Biome's noConsole, which can tell code from strings.)
//   npm run boundaries
// Prints each offence as `path:line: what`, exit code 1 when there is one.
import { fileURLToPath } from 'node:url';
import { readHouse } from './house.js';
import { KNOWN, RULES } from './rules.js';
import { readSourceFiles } from './source-files.js';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const files = readSourceFiles(packages);
let count = 0;
for (const [name, rule] of Object.entries(RULES(readHouse()))) {
  const offences = rule(files);
  const known = KNOWN[name] ?? 0;
  const isKnown = offences.length <= known;
  if (!isKnown) count += offences.length;
  const head = isKnown ? 'known: ' : '';
  const lines = offences.map(({ path, line, what }) => `${head}packages/${path}:${line}: ${what}\n`);
  for (const line of lines.sort()) process.stdout.write(line);
  if (known > 0) process.stdout.write(`${name}: ${offences.length}, ${known} were known\n`);
}
process.stdout.write(count === 0 ? 'boundaries: no new offence\n' : `boundaries: ${count} found\n`);
process.exitCode = count === 0 ? 0 : 1;
