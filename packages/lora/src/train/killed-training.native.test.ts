import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { seededRandom } from './batches/random.js';

/** As scripts/compiled.setup.ts compiled it: started 32 times. */
const FIXTURE = fileURLToPath(new URL('../../dist/train/training-process.fixture.js', import.meta.url));
const KILLS = 30;

/** Starts the training process; resolves when it has ended, by itself or by `until`, which decides when to kill it. */
async function attempt(
  directory: string,
  until?: (lines: () => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const losses = join(directory, 'losses');
  const child = spawn(process.execPath, [FIXTURE, join(directory, 'checkpoint'), losses], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (until) {
    await Promise.race([until(() => linesOf(losses)), ended]);
    child.kill('SIGKILL');
  }
  await ended;
}

async function linesOf(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').slice(0, -1);
}

test('killed at 30 random moments, a run reports the losses and ends with the adapter of one that never stopped', async () => {
  const root = await mkdtemp(join(tmpdir(), 'gardener-killed-'));
  try {
    const [whole, killed] = [join(root, 'whole'), join(root, 'killed')];
    for (const directory of [whole, killed]) {
      await mkdir(directory);
      await writeFile(join(directory, 'losses'), '');
    }
    await attempt(whole);
    const expected = await linesOf(join(whole, 'losses'));
    expect(expected).toHaveLength(401);

    const random = seededRandom(17);
    for (let kill = 0; kill < KILLS; kill++) {
      // So many steps further than the attempt before, and then anywhere in what follows a step: loading, computing,
      // saving. What a machine does in that time is bounded, so that enough is left for all kills.
      const steps = Math.floor(random.next() * 5);
      const extraMs = random.next() * 30;
      const before = (await linesOf(join(killed, 'losses'))).length;
      await attempt(killed, async (lines) => {
        while ((await lines()).length < before + steps) await delay(1);
        const killAt = performance.now() + extraMs;
        while (performance.now() < killAt && (await lines()).length < before + 8) await delay(1);
      });
    }
    const reported = await linesOf(join(killed, 'losses'));
    expect(reported.some((line) => line.startsWith('end'))).toBe(false);
    await attempt(killed);
    const all = await linesOf(join(killed, 'losses'));
    for (const line of all) expect(expected).toContain(line);
    expect(new Set(all).size).toBe(expected.length);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 600_000);
