import { createHash } from 'node:crypto';
import type { TaskPrefixes } from '@codebase-gardener/lora';

export const NO_PREFIXES: TaskPrefixes = { query: '', document: '' };

const BGE_QUERY = 'Represent this sentence for searching relevant passages: ';

/**
 * Models that were trained with prefixes, by name: servers do not add them, and many directories do not
 * tell. From the models' own cards.
 */
const KNOWN: readonly [name: RegExp, prefixes: TaskPrefixes][] = [
  [/nomic-embed-text/i, { query: 'search_query: ', document: 'search_document: ' }],
  [/nomic-embed-code/i, { query: 'Represent this query for searching relevant code: ', document: '' }],
  [/\be5-(small|base|large)\b/i, { query: 'query: ', document: 'passage: ' }],
  [/\bbge-(small|base|large)-en\b/i, { query: BGE_QUERY, document: '' }],
  [/mxbai-embed-large/i, { query: BGE_QUERY, document: '' }],
  [/snowflake-arctic-embed2|snowflake-arctic-embed-[lm]-v2/i, { query: 'query: ', document: '' }],
  [/snowflake-arctic-embed/i, { query: BGE_QUERY, document: '' }],
  [/embeddinggemma/i, { query: 'task: search result | query: ', document: 'title: none | text: ' }],
];

/** What a model of that name wants before queries and texts, or null when it is not known to want anything. */
export function knownPrefixes(model: string): TaskPrefixes | null {
  return KNOWN.find(([name]) => name.test(model))?.[1] ?? null;
}

/** Prefixes change the vectors, so they are part of the embedder's id. */
export function idWithPrefixes(id: string, prefixes: TaskPrefixes): string {
  if (prefixes.query === '' && prefixes.document === '') return id;
  const digest = createHash('sha256')
    .update(JSON.stringify([prefixes.query, prefixes.document]))
    .digest('hex');
  return `${id}+${digest.slice(0, 8)}`;
}
