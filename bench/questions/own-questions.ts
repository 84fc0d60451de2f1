import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { SearchResult } from '../../packages/gardener/src/retrieval/search/search.js';
import { benchCache } from '../inputs/bench-cache.js';
import { DEPTH } from './measure.js';

const schema = z.object({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  questions: z.array(z.object({ question: z.string(), files: z.array(z.string()).min(1) })),
});

/** Questions about this repository, written by hand, with the files that answer each; see questions.json. */
export type OwnQuestion = z.infer<typeof schema>['questions'][number];

/**
 * The questions and this repository as it was at their commit.
 * @throws Error in a shallow clone that does not have the commit
 */
export function ownQuestions(): { root: string; commit: string; questions: OwnQuestion[] } {
  const file = new URL('./questions.json', import.meta.url);
  const { commit, questions } = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const root = join(benchCache, 'codebases', `gardener-${commit.slice(0, 12)}`);
  if (!existsSync(root)) {
    const repository = fileURLToPath(new URL('../../', import.meta.url));
    const archive = execFileSync('git', ['-C', repository, 'archive', '--format=tar', commit], {
      maxBuffer: 2 ** 30,
    });
    mkdirSync(root, { recursive: true });
    try {
      execFileSync('tar', ['xf', '-', '-C', root], { input: archive });
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw error;
    }
  }
  return { root, commit, questions };
}

/** Rank of the first chunk of a file that answers, from 1; 0 when none of the first ten is of such a file. */
export function rankOfFile(question: OwnQuestion, results: readonly SearchResult[]): number {
  return results.slice(0, DEPTH).findIndex(({ chunk }) => question.files.includes(chunk.path)) + 1;
}
