import { expect, it } from 'vitest';
import { kindOfQuery } from './query-kind.js';

it.each([
  ['ClientSession', 'subject'],
  ['connection pooling and TCP connector', 'subject'],
  ['how are requests retried?', 'subject'],
  ['where is the retry with a growing delay', 'subject'],
  ['the parser', 'subject'],
  ['', 'subject'],
  ['사용자 인증', 'characters'],
  ['检查 password', 'characters'],
  ['Returns the first value that matches a predicate', 'description'],
  ['Parses HTTP headers of responses', 'description'],
  ['Return default settings by name', 'description'],
  ['Converts a coroutine into a deferred', 'description'],
  ['Whether two paths are equal after they are normalised', 'description'],
])('%j is a %s', (query, kind) => {
  expect(kindOfQuery(query)).toBe(kind);
});
