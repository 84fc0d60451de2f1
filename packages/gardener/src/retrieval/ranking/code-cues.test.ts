import { expect, it } from 'vitest';
import { cuesOf } from './code-cues.js';

const isCued = (query: string, line: string) => cuesOf(query).some((cue) => cue.test(line));

it('knows what code writes for what is asked', () => {
  expect(isCued('Which exception does it raise?', '        raise ValueError(name)')).toBe(true);
  expect(isCued('When does parsing fail?', 'throw new SyntaxError(text);')).toBe(true);
  expect(isCued('Which environment variable is read?', 'os.environ.get("PAGER")')).toBe(true);
  expect(isCued('which env var?', 'const port = process.env.PORT;')).toBe(true);
  expect(isCued('What is the default timeout?', '    timeout: float | None = 5.0,')).toBe(true);
  expect(isCued('the default level', 'level: options.level ?? 3,')).toBe(true);
  expect(isCued('What does it return?', 'def get(self) -> Response:')).toBe(true);
});

it('looks for nothing where nothing is asked, and for no comparison as a default', () => {
  expect(cuesOf('Where are cookies parsed?')).toEqual([]);
  expect(isCued('the default', 'if a == b:')).toBe(false);
  expect(isCued('the default', 'const run = () => go();')).toBe(true);
  expect(isCued('Which environment?', 'self.environment_name')).toBe(false);
});
