// What is thrown at the product, counted: kills at random moments, disks that fill up, mutated files, hostile requests,
// hostile file names.
//   npm run bench:trust -- [--kills 10] [--disks 0] [--mutations 2000] [--requests 200] [--names 300]
//     [--seed 1] [--out FILE]
// Each part goes through its cases one after the other and writes each one's verdict to FILE (JSON lines) at once; what
// stands there is not run again, so an interrupted bench goes on, and a larger number adds cases. Prints a table; ends
// with 1 when a case was lost.
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCache } from '../inputs/bench-cache.js';
import { fillDisks } from './full-disks.js';
import { killAtRandom } from './kills.js';
import { Ledger } from './ledger.js';
import { mutateFiles } from './mutations.js';
import { hostileNames } from './names.js';
import { hostileRequests } from './requests.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10' },
    /** Needs Linux and the right to mount a tmpfs. */
    disks: { type: 'string', default: '0' },
    mutations: { type: 'string', default: '2000' },
    requests: { type: 'string', default: '200' },
    names: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: join(benchCache, 'trust.jsonl') },
  },
});

const out = resolve(values.out);
mkdirSync(dirname(out), { recursive: true });
const ledger = new Ledger(out, Number(values.seed));
const parts = [
  { part: 'names', run: hostileNames, cases: Number(values.names) },
  { part: 'mutations', run: mutateFiles, cases: Number(values.mutations) },
  { part: 'requests', run: hostileRequests, cases: Number(values.requests) },
  { part: 'kills', run: killAtRandom, cases: Number(values.kills) },
  { part: 'full disks', run: fillDisks, cases: Number(values.disks) },
];
for (const { part, run, cases } of parts) {
  const todo = ledger.todo(part, cases);
  process.stderr.write(`${part}: ${todo.length} of ${cases} to do\n`);
  if (todo.length > 0) await run(todo, (verdict) => ledger.note(part, verdict));
}

for (const line of ledger.table(parts)) process.stdout.write(`${line}\n`);
if (ledger.lost > 0) process.exitCode = 1;
