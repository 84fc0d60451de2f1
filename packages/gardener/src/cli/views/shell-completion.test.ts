import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

const PROJECTS = ['shop', 'my desk', 'x$(touch evil)', '`touch evil`', "it's; touch evil", '*'];

/** What bash offers for a command line that ends with the word that is being written. */
function offered(...line: string[]): string[] {
  return offeredIn(tmpdir(), '', ...line);
}

function offeredIn(cwd: string, after: string, ...line: string[]): string[] {
  const script = `${shellCompletion('bash', words)}
gardener() { printf '%s\\n' ${PROJECTS.map((name) => `'${name.replaceAll("'", `'\\''`)}'`).join(' ')}; }
COMP_WORDS=(gardener ${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length}
_gardener; printf '%s\\n' "\${COMPREPLY[@]}"
${after}`;
  return execFileSync('bash', ['--norc', '-c', script], { cwd, encoding: 'utf8' }).trim().split('\n');
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
    expect(offered('ask', '-p', 'my')).toEqual(['my\\ desk']);
    expect(offered('ask', '-p', 'my\\ d')).toEqual(['my\\ desk']);
  });

  it('runs nothing that a name holds: neither while it is offered, nor once it stands on the line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gardener-hostile-'));
    const all = offeredIn(folder, '', 'status', '');
    expect(all).toHaveLength(PROJECTS.length);
    expect(offeredIn(folder, '', 'status', 'x')).toHaveLength(1);
    expect(offeredIn(folder, `eval "printf '%s\\n' \${COMPREPLY[*]}"`, 'status', '')).toEqual([
      ...all,
      ...PROJECTS,
    ]);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
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
