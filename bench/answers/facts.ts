import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { typescriptFacts } from './typescript-facts.js';

/** Something that one line of code tells. */
const fact = z.object({
  /**
   * `default`: of a parameter or an option; `constant`: its value; `environment`: a variable that is read; `exception`:
   * the only one that a function throws itself; `return type`: as it is declared.
   */
  kind: z.enum(['default', 'constant', 'environment', 'exception', 'return type']),
  /** Relative to the codebase, with forward slashes. */
  path: z.string(),
  /** 1-based; any of these tells it. */
  lines: z.array(z.number().int().positive()).min(1),
  /** The class around it, or null. */
  owner: z.string().nullable(),
  /** The function or constant; empty for code outside of both. */
  name: z.string(),
  /** The parameter, the option or the environment variable. */
  detail: z.string().nullable(),
});

/** See the fields. */
export type Fact = z.infer<typeof fact>;

/** The facts of a codebase, in order of place. Needs Python 3 for Python. */
export function factsOf(root: string, language: string): Fact[] {
  if (language === 'typescript') return typescriptFacts(root);
  const script = fileURLToPath(new URL('./python_facts.py', import.meta.url));
  const told = execFileSync('python3', [script, root], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  return told
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => fact.parse(JSON.parse(line)));
}
