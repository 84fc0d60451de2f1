import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { commandWords } from './command-words.js';
import { SHELLS, shellCompletion } from './shell-completion.js';

const program = createProgram('0');
const words = commandWords(program);

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).error === undefined;
}

/** What bash offers for a command line that ends with the word that is being written. */
function offered(...line: string[]): string[] {
  const script = `${shellCompletion('bash', words)}
gardener() { printf 'shop\\nmy desk\\n'; }
COMP_WORDS=(gardener ${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length}
_gardener; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
}

it('knows every command and what its values are', () => {
  const paths = words.map(({ path }) => path.join(' '));
  expect(paths).toEqual(expect.arrayContaining(['', 'add', 'models', 'models list', 'completion']));
  const ask = words.find(({ path }) => path.join(' ') === 'ask');
  expect(ask?.options.find(({ flags }) => flags.includes('--project'))).toMatchObject({ value: 'project' });
  expect(ask?.options.find(({ flags }) => flags.includes('--data-dir'))).toMatchObject({ value: 'file' });
});

describe.runIf(has('bash'))('bash', () => {
  it('offers commands, their commands and their options', () => {
    expect(offered('ref')).toEqual(['refresh']);
    expect(offered('models', 'co')).toEqual(['compare']);
    expect(offered('complete', '--max')).toEqual(['--max-tokens']);
    expect(offered('completion', '')).toEqual([...SHELLS]);
  });

  it('offers projects, after options that are written before the command too', () => {
    expect(offered('--json', 'status', 's')).toEqual(['shop']);
    expect(offered('ask', '-p', 'my')).toEqual(['my desk']);
  });

  it('offers nothing where it knows nothing', () => {
    expect(offered('ask', 'what')).toEqual(['']);
    expect(offered('nonsense', '--')).not.toContain('--max-tokens');
  });
});

describe.each(SHELLS.filter(has))('%s', (shell) => {
  it('can read its script', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gardener-shell-')), 'completion');
    writeFileSync(file, shellCompletion(shell, words));
    const check = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    rmSync(dirname(file), { recursive: true });
    expect(check).toMatchObject({ status: 0, stderr: '' });
  });
});
