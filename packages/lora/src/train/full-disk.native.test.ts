import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** As scripts/compiled.setup.ts compiled it. */
const FIXTURE = fileURLToPath(new URL('../../dist/train/training-process.fixture.js', import.meta.url));

/** Runs shell commands in a mount namespace of their own; what they mount is gone afterwards. */
function inNamespace(script: string) {
  return spawnSync('unshare', ['--map-root-user', '--mount', 'bash', '-c', script], { encoding: 'utf8' });
}

/** Linux, where user namespaces are allowed. */
const canMakeDisks = inNamespace('mount -t tmpfs none /tmp').status === 0;

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const training = (directory: string, losses: string, steps: number) =>
  quoted([process.execPath, FIXTURE, directory, losses, `${steps}`]);

test.runIf(canMakeDisks)(
  'a disk that gets full while a checkpoint is saved: a clear end, the one before is whole, and the run goes on to the same losses',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'gardener-full-disk-'));
    try {
      const [whole, disk] = [join(root, 'whole'), join(root, 'disk')];
      await mkdir(disk);
      const file = (name: string) => join(root, name);
      const undisturbed = spawnSync('bash', ['-c', training(whole, file('expected'), 6)], {
        encoding: 'utf8',
      });
      expect(undisturbed.stderr).toBe('');
      // Room for one checkpoint and a half: the second, written beside the first, does not fit.
      const kilobytes = Math.ceil((1.5 * (await stat(join(whole, 'checkpoint.safetensors'))).size) / 1024);
      const checkpoint = quoted([join(disk, 'checkpoint')]);
      const ran = inNamespace(`
        mount -t tmpfs -o size=${kilobytes}k none ${quoted([disk])}
        ${training(join(disk, 'checkpoint'), file('losses'), 6)} 2>${quoted([file('errors')])}; echo "first $?"
        ls ${checkpoint}
        mount -o remount,size=${4 * kilobytes}k ${quoted([disk])}
        ${training(join(disk, 'checkpoint'), file('losses'), 6)}; echo "second $?"`);
      expect(ran.stdout).toBe('first 1\ncheckpoint.safetensors\nsecond 0\n');
      expect(await readFile(file('errors'), 'utf8')).toMatch(/weights\.write-failed/);
      const [expected, losses] = await Promise.all(
        ['expected', 'losses'].map(async (name) => (await readFile(file(name), 'utf8')).split('\n')),
      );
      // The second step was reported and not saved, so it was computed again.
      expect(losses).toEqual([...expected!.slice(0, 2), ...expected!.slice(1)]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
);
