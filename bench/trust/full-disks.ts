import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Case, type Part, pick, type Verdict } from './ledger.js';
import { SmallGarden } from './small-garden.js';

const DISK_BYTES = 128 << 20;
const BLOCK = Buffer.alloc(64 << 10);
/** What is left free: from nothing to more than a run writes, most often little. */
const MOST_FREE_BYTES = 1 << 20;

/** What is done, and for how long at most before the disk is full. */
const DEEDS = [
  { words: ['refresh', 'code', '--no-train', '--wait'], withinMs: 1_500 },
  { words: ['train', 'code', '--budget', '10s', '--wait'], withinMs: 15_000 },
  { words: ['train', 'code', '--budget', '10s', '--wait'], withinMs: 3_000 },
  { words: ['evaluate', 'code'], withinMs: 500 },
  { words: ['search', 'compute a value'], withinMs: 500 },
] as const;

/** What a person may be told: a plain sentence with a code, and not where in our code it happened. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

/**
 * Lets the disk of the data directory become full at a random moment of a command's work, with a random rest free.
 * The command ends with a result or an error of ours; when there is room again, all is there and the work goes on. The
 * disk is a tmpfs: needs Linux and the right to mount one.
 */
export const fillDisks: Part = async (cases, note) => {
  const root = mkdtempSync(join(tmpdir(), 'trust-disk-'));
  const disk = join(root, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
  try {
    const garden = await SmallGarden.make(root, join(disk, 'data'));
    for (const one of cases) note(await fillOnce(garden, disk, one));
  } finally {
    await unmounted(disk);
    rmSync(root, { recursive: true, force: true, maxRetries: 10 });
  }
};

async function fillOnce(garden: SmallGarden, disk: string, { number, random }: Case): Promise<Verdict> {
  const { words, withinMs } = pick(random, DEEDS);
  const free = Math.floor(random() ** 2 * MOST_FREE_BYTES);
  garden.writeCode(number + 1);
  const running = garden.run(...words);
  await Promise.race([running, delay(random() * withinMs)]);
  const ballast = join(disk, 'ballast');
  fill(disk, ballast, free);
  const { code, text } = await running;
  rmSync(ballast, { force: true });
  // What had room enough is no test of a full disk: it is counted by itself.
  const what = `${words[0]} that ${code === 0 ? 'had room enough' : 'failed'}, ${free >> 10} KiB left`;
  if (code === null) return { number, what, lost: 'the command did not end' };
  if (STACK.test(text)) return { number, what, lost: `a stack: ${text.slice(-300)}` };
  return { number, what, lost: (await failsAgain(garden, words)) ?? (await garden.lost()) };
}

/** A run that failed before its first step is ordered again, and has to succeed now; a later one is to be taken up. */
async function failsAgain(garden: SmallGarden, words: readonly string[]): Promise<string | null> {
  const training = (await garden.status())?.training;
  if (training?.status !== 'failed' || (training.step ?? 0) > 0) return null;
  const { code, text } = await garden.run(...words);
  return code === 0 ? null : `again: ${text.slice(-300)}`;
}

/** Writes a file that leaves so many bytes free. */
function fill(disk: string, file: string, free: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const handle = openSync(file, 'w');
  try {
    for (let left = bavail * bsize - free; left > 0; left -= BLOCK.length)
      writeSync(handle, BLOCK, 0, Math.min(BLOCK.length, left));
  } catch (error) {
    // Something else wrote meanwhile: the disk is full, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
}

/** Processes that work in the background end a moment after their command. */
async function unmounted(disk: string): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    try {
      return void execFileSync('umount', [disk], { stdio: 'ignore' });
    } catch {
      await delay(500);
    }
  }
  execFileSync('umount', ['--lazy', disk]);
}
