import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { settingsSchema } from '../../packages/gardener/src/garden/settings/settings.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { startEmbedder } from '../../packages/gardener/src/retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { refreshIndex } from '../../packages/gardener/src/retrieval/index/refresh-index.js';
import type { RankingName } from '../../packages/gardener/src/retrieval/search/search.js';
import { benchCache } from '../inputs/bench-cache.js';
import { rounded } from '../questions/measure.js';
import { type DumpedQuestion, writeDump } from './dump.js';
import { DEPTH, judge } from './metric.js';
import { readQuestions } from './questions.js';
import { REPOSITORIES, type Repository } from './repositories.js';
import { figures, figuresBy, type Row } from './summary.js';

const { values: options } = parseArgs({
  options: {
    /** Folder with a checkout (or git directory) of each repository, named as in repositories.ts. */
    checkouts: { type: 'string', default: join(benchCache, 'checkouts') },
    questions: {
      type: 'string',
      default: fileURLToPath(new URL('../../../shared/search-benchmark', import.meta.url)),
    },
    only: { type: 'string' },
    /** Prints the questions whose NDCG is below this. */
    worst: { type: 'string' },
    rankings: { type: 'string' },
    /** Writes what the ranking is given into a folder, for bench:search-weights. */
    dump: { type: 'string' },
    /** Makes the indexes anew; embeddings are kept. */
    fresh: { type: 'boolean', default: false },
    /** Searches the indexes as they are, without looking at the files. */
    kept: { type: 'boolean', default: false },
  },
});

/**
 * NDCG@10 of the product's search on a public benchmark. Indexes and embeddings are kept, so a second run takes
 * seconds, and one that was stopped goes on. One JSON object a repository, then the summary: the half that weights
 * are chosen on, the half that is reported, both, and by kind of question.
 */
async function main(): Promise<void> {
  const only = options.only?.split(',');
  const wanted = REPOSITORIES.filter(({ name, use }) => !only || only.includes(name) || only.includes(use));
  const { paths } = await openGarden({ dataDir: join(benchCache, 'data') });
  const settings = settingsSchema.parse({
    threads: 2,
    ...(process.env.BENCH_EMBEDDING_PROVIDER && { embeddingProvider: process.env.BENCH_EMBEDDING_PROVIDER }),
    ...(process.env.BENCH_EMBEDDING_MODEL && { embeddingModel: process.env.BENCH_EMBEDDING_MODEL }),
  });
  const embedder = await startEmbedder(settings, (id) => ensureModel(paths, id, {}));
  const rows: Row[] = [];
  const missing: string[] = [];
  try {
    for (const repository of wanted) {
      const root = checkoutOf(repository);
      const questions = join(options.questions, `${repository.name}.json`);
      if (root === null || !existsSync(questions)) {
        const lacking = root === null ? `${repository.repository} at ${repository.commit}` : questions;
        missing.push(repository.name);
        print({ repository: repository.name, notRun: `${lacking} is not there` });
        continue;
      }
      rows.push(...(await measure(repository, root, questions, embedder)));
    }
  } finally {
    await embedder.dispose();
  }
  const used = (use: Repository['use']) => {
    const names = wanted.filter((one) => one.use === use).map(({ name }) => name);
    return figures(rows.filter(({ repository }) => names.includes(repository)));
  };
  const worst = Number(options.worst ?? 0);
  for (const row of rows.filter(({ ndcg }) => ndcg < worst)) print({ worst: row });
  print({
    embedding: embedder.id,
    notRun: missing,
    choose: used('choose'),
    report: used('report'),
    all: figures(rows),
    byKind: figuresBy(rows, ({ kind }) => kind),
    byRepository: Object.fromEntries(
      Object.entries(figuresBy(rows, ({ repository }) => repository)).map(([name, one]) => [
        name,
        one.ndcgAt10,
      ]),
    ),
  });
}

/** The files of a repository at its commit; unpacked from git where the checkout is one. Null when it cannot be had. */
function checkoutOf({ name, repository, commit }: Repository): string | null {
  const kept = join(benchCache, 'checkouts', `${name}-${commit.slice(0, 12)}`);
  if (existsSync(kept)) return kept;
  const candidates = [name, repository.split('/').at(-1) ?? name, repository.replace('/', '+')].flatMap(
    (folder) => [join(options.checkouts, folder), join(options.checkouts, folder, 'repo')],
  );
  for (const folder of candidates.map((candidate) => resolve(candidate))) {
    if (!existsSync(folder)) continue;
    try {
      const git = ['-C', folder, '-c', 'safe.directory=*'];
      const archive = execFileSync('git', [...git, 'archive', '--format=tar', commit], {
        maxBuffer: 2 ** 31,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const part = `${kept}.part`;
      rmSync(part, { recursive: true, force: true });
      mkdirSync(part, { recursive: true });
      execFileSync('tar', ['xf', '-', '-C', part], { input: archive });
      renameSync(part, kept);
      return kept;
    } catch {
      // No git, or not that commit: another candidate may have it.
    }
  }
  return null;
}

async function measure(
  { name, folder, language, use }: Repository,
  checkout: string,
  questionsFile: string,
  embedder: Embedder,
): Promise<Row[]> {
  const paths = new GardenPaths(join(benchCache, 'search-quality'));
  const id = `${name}-${embedder.id.replace(/\W/g, '_')}`;
  if (options.fresh) rmSync(paths.project(id), { recursive: true, force: true });
  mkdirSync(paths.project(id), { recursive: true });
  const index = new ProjectIndex(paths, id);
  const started = performance.now();
  try {
    const root = join(checkout, folder);
    const known = options.kept ? await index.manifest().catch(() => null) : null;
    const { chunks } = known ?? (await refreshIndex(index, root, embedder, { verify: false }));
    const indexSeconds = (performance.now() - started) / 1000;
    const rankings = options.rankings?.split(',') as RankingName[] | undefined;
    const times: number[] = [];
    const rows: Row[] = [];
    const dumped: DumpedQuestion[] = [];
    const inFolder = (path: string) => (folder === '.' ? path : path.slice(folder.length + 1));
    const inRepository = (path: string) => (folder === '.' ? path : `${folder}/${path}`);
    for (const question of readQuestions(questionsFile)) {
      const begun = performance.now();
      const found = await index.search(question.text, embedder, {
        k: DEPTH,
        ...(rankings ? { rankings } : {}),
        onCandidates: (text, _, candidates) =>
          dumped.push({
            text,
            targets: question.targets.map((target) => ({ ...target, path: inFolder(target.path) })),
            candidates: [...candidates],
          }),
      });
      times.push(performance.now() - begun);
      const results = found.map(({ chunk }) => ({
        ...chunk,
        path: inRepository(chunk.path),
      }));
      rows.push({
        repository: name,
        kind: question.kind,
        question: question.text,
        ...judge(question, results),
      });
    }
    if (options.dump) writeDump(options.dump, { name, use, metric: 'ndcg', questions: dumped });
    const queryMs = rounded(times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
    print({
      repository: name,
      use,
      language,
      chunks,
      indexSeconds: rounded(indexSeconds),
      queryMs,
      ...figures(rows),
    });
    return rows;
  } finally {
    index.close();
  }
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
