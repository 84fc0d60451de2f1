import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Session, withSession } from './session.js';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gardener-session-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

it('a command that Ctrl-C ended writes nothing more to stdout, and may write down what it has', async () => {
  const program = new Command('gardener').option('--data-dir <dir>').option('--json');
  const done: string[] = [];
  const handler = async (session: Session) => {
    session.closeAtEnd(() => void done.push('closed'));
    session.output.value('first');
    process.emit('SIGINT');
    // Like a walk that looks at its signal only now and then.
    await new Promise((resolve) => setImmediate(resolve));
    session.output.value('late');
    done.push('written down');
  };
  program.command('work').action(withSession(handler));
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const ran = program.parseAsync(['--data-dir', dataDir, '--json', 'work'], { from: 'user' });
    await expect(ran).rejects.toMatchObject({ name: 'AbortError' });
    expect(stdout.mock.calls.map(([text]) => text)).toEqual(['"first"\n']);
  } finally {
    stdout.mockRestore();
  }
  expect(done).toEqual(['written down', 'closed']);
});
