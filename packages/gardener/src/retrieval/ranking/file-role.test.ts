import { expect, it } from 'vitest';
import { askedRoles, fileRole } from './file-role.js';

it.each([
  ['src/http/client.ts', 'typescript', 'source'],
  ['src/http/client.test.ts', 'typescript', 'test'],
  ['tests/test_client.py', 'python', 'test'],
  ['pkg/context_test.go', 'go', 'test'],
  ['src/test/java/a/ParserTest.java', 'java', 'test'],
  ['src/main/java/a/ParserTest.java', 'java', 'test'],
  ['src/Latest.java', 'java', 'source'],
  ['src/contest.ts', 'typescript', 'source'],
  ['src/testament.py', 'python', 'source'],
  ['absl/hash/hash_benchmark.cc', 'cpp', 'benchmark'],
  ['benches/parse.rs', 'rust', 'benchmark'],
  ['examples/basic/main.go', 'go', 'example'],
  ['README.md', 'markdown', 'documentation'],
  ['CHANGELOG.md', 'markdown', 'changelog'],
  ['changes.rst', 'markdown', 'changelog'],
  ['src/changes.ts', 'typescript', 'source'],
  ['src/history.py', 'python', 'source'],
  ['.github/workflows/ci.yml', 'yaml', 'configuration'],
  ['package.json', 'json', 'configuration'],
  ['pydantic/deprecated/tools.py', 'python', 'legacy'],
])('%s is %s', (path, language, role) => {
  expect(fileRole(path, language)).toBe(role);
});

it.each([
  ['how are retries tested', 'test'],
  ['example of a custom validator', 'example'],
  ['where is the changelog', 'changelog'],
  ['which settings does the ci workflow have', 'configuration'],
])('%s asks for %s', (query, role) => {
  expect(askedRoles(query).has(role as never)).toBe(true);
});

it('asks for source alone where nothing else is named', () => {
  expect([...askedRoles('how are connections pooled')]).toEqual(['source']);
});
