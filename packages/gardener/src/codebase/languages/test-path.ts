const FOLDERS = new Set(['test', 'tests', 'testdata', 'spec', 'specs', '__tests__', '__mocks__']);
/** `test_a.py`, `a_test.go`, `a_spec.rb`, `a.test.ts`, `a.spec.js`, `conftest.py`. */
const LOWER_CASE = /^(?:tests?|conftest)\.|^test_|[._-](?:tests?|spec)\.[^.]+$/;
/** `ATest.java`, `ATests.cs`, `ATestCase.php`, `ASpec.scala`. */
const CAMEL_CASE = /[a-z0-9](?:Tests?|TestCase|Spec)\.[^.]+$/;

/**
 * Whether a file tests others, as its name or a folder of it says by the customs of languages' test runners.
 * @param path relative to the codebase, with `/` between its parts
 */
export function isTestPath(path: string): boolean {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  return (
    LOWER_CASE.test(name) ||
    CAMEL_CASE.test(name) ||
    parts.some((folder) => FOLDERS.has(folder.toLowerCase()))
  );
}
