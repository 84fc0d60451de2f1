import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Candidate } from '../../packages/gardener/src/retrieval/ranking/signals.js';
import type { Target } from './questions.js';

/** A question with all that the ranking is given: ranking it again needs no index and no embedder. */
export interface DumpedQuestion {
  text: string;
  targets: Target[];
  candidates: Candidate[];
}

/** What was dumped of a codebase. */
export interface Dump {
  name: string;
  use: 'choose' | 'report';
  /** `ndcg` of files, or `mrr` of chunks. */
  metric: 'ndcg' | 'mrr';
  questions: DumpedQuestion[];
}

/** Writes a dump into a folder. */
export function writeDump(folder: string, dump: Dump): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${dump.name}.json`), JSON.stringify(dump));
}

/** All dumps of a folder. */
export function readDumps(folder: string): Dump[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dump);
}
