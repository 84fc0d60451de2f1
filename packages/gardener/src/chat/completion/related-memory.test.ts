import { expect, it } from 'vitest';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { ProjectSearch } from '../assistant-requests.js';
import { RelatedMemory } from './related-memory.js';

const project = { id: 'a'.repeat(16) } as ProjectRecord;

/** A memory, and the queries that it has searched for. */
function memory() {
  const queries: string[] = [];
  const search = (_project: ProjectRecord, query: string): Promise<ProjectSearch> => {
    queries.push(query);
    return Promise.resolve({ results: [], freshness: null, tookMs: 0 });
  };
  return { queries, related: new RelatedMemory({ search }) };
}

function place(client: string, before: string, open: string) {
  const extra = [{ path: open, text: `// what ${client} has open` }];
  return { client, region: before, code: { path: 'src/cart.ts', before, after: '', extra } };
}

it('keeps apart two who type in one file: each is shown what belongs to his own lines and open files', async () => {
  const { queries, related } = memory();
  await related.of(project, place('one', 'const total =', 'src/one.ts'));
  const other = await related.of(project, place('two', 'const shipping =', 'src/two.ts'));
  expect(other.extra.map(({ path }) => path)).toEqual(['src/two.ts']);
  expect(queries).toEqual(['const total =', 'const shipping =']);
});
