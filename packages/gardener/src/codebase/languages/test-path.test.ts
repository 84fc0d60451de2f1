import { expect, test } from 'vitest';
import { isTestPath } from './test-path.js';

test.each([
  'tests/helpers.py',
  'src/pkg/test_routing.py',
  'conftest.py',
  'cmd/root_test.go',
  'src/__tests__/button.tsx',
  'src/button.test.tsx',
  'src/button.spec.js',
  'lib/rack/request_spec.rb',
  'crates/core/tests.rs',
  'src/test/java/App.java',
  'Twig/Tests/LexerTest.php',
  'App.Core/OrderServiceTests.cs',
])('%s is a test', (path) => expect(isTestPath(path)).toBe(true));

test.each([
  'src/testament.py',
  'src/latest.ts',
  'src/contest/entry.go',
  'src/inspect.rb',
  'src/protest_march.py',
  'src/Latest.java',
  'src/test-utils/index.ts',
  'spectrum.rs',
])('%s is none', (path) => expect(isTestPath(path)).toBe(false));
