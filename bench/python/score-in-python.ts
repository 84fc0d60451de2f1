import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a script computes at each place of a row: the likeliest next token, and the loss of the one that is there. */
export interface PythonScores {
  top1: number[];
  /** Nats; one less than tokens. */
  nll: number[];
}

/**
 * Lets the other side score rows of tokens: check_peft.py Hugging Face's own code, check_mlx.py mlx-lm's.
 * @param adapter a directory, or `-` for the base alone
 */
export function scoreInPython(
  python: string,
  script: 'check_peft.py' | 'check_mlx.py',
  base: string,
  adapter: string,
  rows: readonly (readonly number[])[],
): PythonScores[] {
  const folder = mkdtempSync(join(tmpdir(), 'gardener-scores-'));
  try {
    const [tokens, out] = [join(folder, 'tokens.json'), join(folder, 'out.json')];
    writeFileSync(tokens, JSON.stringify({ rows }));
    const path = fileURLToPath(new URL(`../../packages/lora/fixtures/golden/${script}`, import.meta.url));
    execFileSync(python, [path, base, adapter, tokens, out], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TQDM_DISABLE: '1' },
    });
    return (JSON.parse(readFileSync(out, 'utf8')) as { rows: PythonScores[] }).rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
