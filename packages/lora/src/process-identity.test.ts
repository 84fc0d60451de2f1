import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identifyProcess, isProcessAlive } from './process-identity.js';

test('a process is alive until it ends; its number with another start time is not it', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  const identity = await identifyProcess(child.pid);
  expect(await isProcessAlive(identity)).toBe(true);
  expect(await isProcessAlive({ ...identity, processStart: 'another boot:1' })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await isProcessAlive(identity)).toBe(false);
});

test('two processes have two identities', async () => {
  expect(await identifyProcess()).toEqual(await identifyProcess(process.pid));
  expect((await identifyProcess(process.ppid)).processStart).not.toBe('');
  expect((await identifyProcess()).processStart).not.toBe((await identifyProcess(1)).processStart);
});

test.skipIf(process.platform !== 'linux')('a zombie is not alive', async () => {
  // The shell's child ends at once; the shell has become `sleep`, which reaps nobody.
  const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  await new Promise((resolve) => setTimeout(resolve, 300));
  const identity = await identifyProcess(Number(String(line)));
  shell.kill('SIGKILL');
  expect(identity.processStart).toBe('');
  expect(await isProcessAlive(identity)).toBe(false);
});
