// How often the line that answers a question about a fact stands in the prompt:
//   npm run bench:answers [-- --only click,flask] [--misses]
// Questions about defaults, constants, environment variables, exceptions and return types are made from public
// codebases by a script; each prompt is made as `gardener ask` makes it, and no model reads it. One JSON object a
// codebase, then the summary.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OpenIndexes } from '../../packages/gardener/src/chat/open/open-indexes.js';
import { type Garden, openGarden } from '../../packages/gardener/src/garden/garden.js';
import type { ProjectRecord } from '../../packages/gardener/src/garden/project-record.js';
import { startLlamaCpp } from '../../packages/gardener/src/models/llama-cpp/llama-cpp.js';
import type { GenerationRuntime } from '../../packages/gardener/src/models/runtime/runtime.js';
import { refreshIndex } from '../../packages/gardener/src/retrieval/index/refresh-index.js';
import { benchCache } from '../inputs/bench-cache.js';
import type { Codebase } from '../inputs/codebases.js';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { groupBy } from '../questions/measure.js';
import { ANSWER_CODEBASES } from './codebases.js';
import { factsOf } from './facts.js';
import { figures, type Judged, judge } from './judge.js';
import { promptOf } from './prompt-maker.js';
import { questionsAbout } from './questions.js';

const { values: options } = parseArgs({
  options: {
    /** Names of codebases, or a half: tuning, report. */
    only: { type: 'string' },
    /** Questions of each kind and codebase. */
    questions: { type: 'string', default: '40' },
    /** Also prints each question that is not answered by its prompt. */
    misses: { type: 'boolean', default: false },
  },
});
const DEPTH = 50;

type Row = Judged & { sources: number; use: Codebase['use'] };

async function main(): Promise<void> {
  const only = options.only?.split(',');
  const wanted = ANSWER_CODEBASES.filter(
    ({ name, use }) => !only || only.includes(name) || only.includes(use),
  );
  const garden = await openGarden({
    dataDir: join(benchCache, 'data'),
    settings: { logLevel: 'silent', threads: 2 },
  });
  const indexes = new OpenIndexes(garden);
  const { contextTokens } = garden.settings;
  const runtime = await startLlamaCpp(await defaultBaseModelFile(), { threads: 1, contextTokens });
  const rows: Row[] = [];
  try {
    for (const codebase of wanted) rows.push(...(await measure(codebase, garden, indexes, runtime)));
  } finally {
    await runtime.dispose();
    await indexes.close();
  }
  if (options.misses) for (const row of rows.filter(({ inPrompt }) => !inPrompt)) print({ miss: row });
  const half = (use: Codebase['use']) => {
    const ofHalf = rows.filter((row) => row.use === use);
    const by = (key: 'kind' | 'wording') =>
      Object.fromEntries(
        [...groupBy(ofHalf, (row) => row[key])].map(([name, group]) => [name, figures(group)]),
      );
    return { ...figures(ofHalf), byKind: by('kind'), byWording: by('wording') };
  };
  print({ contextTokens, tuning: half('tuning'), report: half('report') });
}

async function measure(
  codebase: Codebase,
  garden: Garden,
  indexes: OpenIndexes,
  runtime: GenerationRuntime,
): Promise<Row[]> {
  const { name, version, language, use } = codebase;
  const root = fetchCodebase(codebase);
  const project = await projectOf(garden, `answers-${name}`, root);
  const { value: embedder, release } = await indexes.embedder.use();
  try {
    await refreshIndex(indexes.index(project), root, embedder, { verify: false });
  } finally {
    release();
  }
  const code = await indexes.codeOf(project);
  if (code === null) throw new Error(`nothing of ${name} is indexed`);
  const lineAt = linesOf(root);
  const rows: Row[] = [];
  const begun = performance.now();
  for (const question of questionsAbout(factsOf(root, language), use, Number(options.questions))) {
    const prompt = await promptOf(question.text, { project, paths: garden.paths, code, runtime });
    const found = await code.search(question.text, DEPTH);
    const judged = judge(name, question, prompt, found, lineAt);
    rows.push({ ...judged, use, sources: prompt.sources.length });
  }
  const msPerQuestion = Math.round((performance.now() - begun) / Math.max(1, rows.length));
  print({ codebase: name, version, use, ...figures(rows), msPerQuestion });
  return rows;
}

async function projectOf({ registry }: Garden, name: string, path: string): Promise<ProjectRecord> {
  const known = (await registry.list()).find((project) => project.name === name);
  return known ?? registry.add({ name, path, baseModel: 'smollm2-135m-instruct' });
}

/** Reads each file once. */
function linesOf(root: string): (path: string, line: number) => string {
  const files = new Map<string, string[]>();
  return (path, line) => {
    const lines = files.get(path) ?? readFileSync(join(root, path), 'utf8').split(/\r?\n/);
    files.set(path, lines);
    return lines[line - 1] ?? '';
  };
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
