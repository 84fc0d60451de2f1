import { expect, it, vi } from 'vitest';
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
  const code = { path: 'src/cart.ts', before, after: '', extra };
  return { client, region: before, code, promptTokens: 512, readingMs: 0, startAt: () => 'import' };
}

it('keeps apart two who type in one file: each is shown what belongs to his own lines and open files', async () => {
  const { queries, related } = memory();
  await related.of(project, place('one', 'const total =', 'src/one.ts'));
  const other = await related.of(project, place('two', 'const shipping =', 'src/two.ts'));
  expect(other.extra.map(({ path }) => path)).toEqual(['src/two.ts']);
  expect(queries).toEqual(['const total =', 'const shipping =']);
});

it('shows other code, and has a larger prompt, only when reading it anew has paid off', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const { queries, related } = memory();
    const at = (line: string, promptTokens: number) =>
      related.of(project, { ...place('one', line, 'src/one.ts'), promptTokens, readingMs: 1_000 });
    expect((await at('first', 512)).promptTokens).toBe(512);
    expect((await at('second', 1_024)).promptTokens).toBe(512);
    vi.advanceTimersByTime(2_000);
    expect((await at('second', 1_024)).promptTokens).toBe(512);
    vi.advanceTimersByTime(8_000);
    expect((await at('second', 1_024)).promptTokens).toBe(1_024);
    // On a machine that has become slower it is smaller at once.
    expect((await at('second', 512)).promptTokens).toBe(512);
    expect(queries).toEqual(['first', 'second']);
  } finally {
    vi.useRealTimers();
  }
});

it('looks at once where the beginning of the prompt has moved on, since all is read anew then', async () => {
  const { queries, related } = memory();
  const at = (line: string, start: string) =>
    related.of(project, {
      ...{ ...place('one', line, 'src/one.ts'), promptTokens: start.length, readingMs: 60_000 },
      startAt: () => start,
    });
  await at('first', 'import');
  expect((await at('far below', 'function')).promptTokens).toBe('function'.length);
  expect(queries).toEqual(['first', 'far below']);
});

it('does not look at each key while the beginning of a file is typed', async () => {
  const { queries, related } = memory();
  for (const start of ['im', 'impo', 'import', 'imp']) {
    const typed = { ...place('one', start, 'src/one.ts'), region: 'the first lines', startAt: () => start };
    await related.of(project, typed);
  }
  expect(queries).toEqual(['im']);
});
