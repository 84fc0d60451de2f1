// Planted secrets and look-alikes of a seed: how many are masked. With folders as arguments, what is found in their
// files too.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { languageOfPath } from '../../packages/gardener/src/codebase/languages/languages.js';
import { maskSecrets } from '../../packages/gardener/src/codebase/secrets/find-secrets.js';
import { listCodebase } from '../../packages/gardener/src/codebase/walk/list-codebase.js';
import { reasonByPath } from '../../packages/gardener/src/codebase/walk/path-rules.js';
import { lookAlikes } from './look-alikes.js';
import { plantedSecrets, type SecretCase } from './planted-secrets.js';
import { RandomValues } from './random-values.js';

const SEED = Number(process.env.BENCH_SEED ?? 20261129);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 4);
const MAX_FILE_CHARACTERS = 2 ** 20;
const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

function isMasked({ path, text, secret }: SecretCase): boolean {
  const masked = maskSecrets(path, text).text;
  return secret.every((part) => !masked.includes(part));
}

const planted = plantedSecrets(new RandomValues(SEED), ROUNDS);
const harmless = lookAlikes(new RandomValues(SEED + 1), Math.ceil((ROUNDS * 7) / 8));
const missed = planted.filter((one) => !isMasked(one));
const wrong = harmless.filter(({ path, text }) => maskSecrets(path, text).secrets.length > 0);
for (const [what, cases, faults] of [
  ['planted', planted, missed],
  ['look-alikes', harmless, wrong],
] as const) {
  for (const form of new Set(cases.map((one) => one.form))) {
    const of = (all: readonly SecretCase[]) => all.filter((one) => one.form === form).length;
    print({ what, form, cases: of(cases), [what === 'planted' ? 'missed' : 'masked']: of(faults) });
  }
}
if (process.env.BENCH_SHOW)
  for (const { path, form, text } of [...missed, ...wrong]) print({ path, form, text });

for (const folder of process.argv.slice(2)) {
  let files = 0;
  let characters = 0;
  let milliseconds = 0;
  const rules: Record<string, number> = {};
  const { entries } = await listCodebase(folder);
  for (const { path, reason } of entries) {
    if (reason !== null || reasonByPath(path) !== null || languageOfPath(path) === null) continue;
    let text: string;
    try {
      text = readFileSync(join(folder, path), 'utf8');
    } catch {
      continue;
    }
    if (text.length > MAX_FILE_CHARACTERS) continue;
    files++;
    characters += text.length;
    const start = performance.now();
    const { secrets } = maskSecrets(path, text);
    milliseconds += performance.now() - start;
    for (const { rule } of secrets) rules[rule] = (rules[rule] ?? 0) + 1;
  }
  const places = Object.values(rules).reduce((sum, count) => sum + count, 0);
  const speed = Number((characters / 1_000 / milliseconds).toFixed(1));
  print({
    folder,
    files,
    places,
    per1000Files: Number(((1_000 * places) / files).toFixed(1)),
    rules,
    megabytesPerSecond: speed,
  });
}
const found = planted.length - missed.length;
print({
  seed: SEED,
  planted: planted.length,
  lookAlikes: harmless.length,
  recall: Number((found / planted.length).toFixed(4)),
  precision: Number((found / (found + wrong.length)).toFixed(4)),
});
