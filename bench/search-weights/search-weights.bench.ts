import { parseArgs } from 'node:util';
import { kindOfQuery, type QueryKind } from '../../packages/gardener/src/retrieval/ranking/query-kind.js';
import { namesInQuery } from '../../packages/gardener/src/retrieval/ranking/query-names.js';
import { order } from '../../packages/gardener/src/retrieval/ranking/rank.js';
import { type Signalled, signalsOf } from '../../packages/gardener/src/retrieval/ranking/signals.js';
import { WEIGHTS, type Weights } from '../../packages/gardener/src/retrieval/ranking/weights.js';
import { rounded } from '../questions/measure.js';
import { type Dump, type DumpedQuestion, readDumps } from '../search-quality/dump.js';
import { DEPTH, judge } from '../search-quality/metric.js';

/** What each weight is tried times. */
const STEPS = [0, 0.5, 0.7, 0.85, 1.2, 1.5, 2];
/** A change that gains less than this is chance. */
const MIN_GAIN = 0.0008;
/** What a point of MRR on docstring questions counts beside a point of NDCG. */
const MRR_SHARE = 0.7;

interface Prepared extends Dump {
  /** The candidates of each question with their signals, which weights do not change. */
  signals: Map<DumpedQuestion, Signalled[]>;
}

/**
 * Chooses the weights of the ranking: one after the other is tried larger and smaller, and kept where the mean over the
 * choosing codebases gains (NDCG@10 of files, and MRR of chunks on docstring questions). Reads what
 * `npm run bench:search-quality -- --dump FOLDER` and `BENCH_DUMP=FOLDER npm run bench:retrieval` wrote. The reporting
 * codebases are scored once, at the end, and take no part.
 */
function main(): void {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      ablate: { type: 'boolean', default: false },
      kind: { type: 'string', default: 'subject' },
    },
    allowPositionals: true,
  });
  const kind = kindNamed(values.kind);
  const dumps = positionals
    .flatMap(readDumps)
    .map((dump) => prepared(dump, kind))
    .filter(({ questions }) => questions.length > 0);
  const choosing = dumps.filter(({ use }) => use === 'choose');
  let weights: Weights = { ...WEIGHTS[kind] };
  let best = objective(choosing, weights);
  print({ start: scores(dumps, weights), objective: rounded(best) });
  if (values.ablate) {
    for (const key of Object.keys(WEIGHTS[kind]) as (keyof Weights)[]) {
      const without = { ...weights, [key]: isFactor(key) ? 1 : 0 };
      print({ without: key, loses: Math.round((best - objective(choosing, without)) * 1e4) / 1e4 });
    }
  }
  for (let round = 1; round <= Number(values.rounds); round++) {
    const before = best;
    for (const key of Object.keys(WEIGHTS[kind]) as (keyof Weights)[]) {
      if (key === 'source' || key === 'meaning') continue;
      for (const step of STEPS) {
        const value = Math.round((weights[key] === 0 ? step * 0.2 : weights[key] * step) * 100) / 100;
        if (isFactor(key) && value > 1) continue;
        const tried = { ...weights, [key]: value };
        const found = objective(choosing, tried);
        if (found <= best + MIN_GAIN) continue;
        [weights, best] = [tried, found];
        print({ round, key, value, objective: rounded(best) });
      }
    }
    if (best - before < MIN_GAIN) break;
  }
  print({ weights, end: scores(dumps, weights) });
}

function kindNamed(name: string): QueryKind {
  if (name === 'subject' || name === 'description') return name;
  throw new Error(`--kind is subject or description, not ${name}`);
}

const isFactor = (key: keyof Weights) => WEIGHTS_OF_ROLES.has(key) || key === 'spread';
const WEIGHTS_OF_ROLES = new Set<string>([
  'source',
  'test',
  'benchmark',
  'example',
  'documentation',
  'changelog',
  'configuration',
  'legacy',
]);

function prepared(dump: Dump, kind: QueryKind): Prepared {
  const questions = dump.questions.filter(({ text }) => kindOfQuery(text) === kind);
  const signals = questions.map((question): [DumpedQuestion, Signalled[]] => {
    const { text, candidates } = question;
    return [question, signalsOf(text, namesInQuery(text), candidates)];
  });
  return { ...dump, questions, signals: new Map(signals) };
}

function objective(dumps: readonly Prepared[], weights: Weights): number {
  const mean = (metric: Dump['metric']) => {
    const values = dumps.filter((dump) => dump.metric === metric).map((dump) => score(dump, weights));
    return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return mean('ndcg') + MRR_SHARE * mean('mrr');
}

function scores(dumps: readonly Prepared[], weights: Weights): Record<string, number> {
  return Object.fromEntries(
    dumps.map((dump) => [
      `${dump.name} (${dump.use}, ${dump.questions.length})`,
      rounded(score(dump, weights)),
    ]),
  );
}

function score({ questions, metric, signals }: Prepared, weights: Weights): number {
  let sum = 0;
  for (const question of questions) {
    const ranked = order(signals.get(question) ?? [], weights);
    const found = ranked.slice(0, DEPTH).map((one) => ({ ...one, text: '' }));
    const judged = judge({ ...question, kind: '' }, found);
    if (metric === 'ndcg') sum += judged.ndcg;
    else sum += judged.first === 0 ? 0 : 1 / judged.first;
  }
  return sum / Math.max(questions.length, 1);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

main();
