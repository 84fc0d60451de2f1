import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Case, type Part, pick, type Verdict } from './ledger.js';
import { COMMAND_MS, endOf, kill, SmallGarden } from './small-garden.js';

/** Who reads and embeds a codebase. */
const READERS = ['command', 'runner-child', 'worker-child', 'parser-child', 'encoder-child'] as const;
/**
 * What is done, up to when it may be killed, and who is killed: the command itself, or one of the processes that work
 * for it.
 */
const DEEDS = [
  { words: ['refresh', 'code', '--no-train', '--wait'], withinMs: 3_000, victims: READERS },
  {
    words: ['train', 'code', '--budget', '10s', '--wait'],
    withinMs: 20_000,
    victims: [...READERS, 'prepare-child', 'llama-cpp-child'],
  },
  { words: ['search', 'compute a value'], withinMs: 1_500, victims: ['command', 'encoder-child'] },
  { words: ['status', '--json'], withinMs: 800, victims: ['command'] },
  { words: ['evaluate', 'code'], withinMs: 3_000, victims: ['command', 'llama-cpp-child'] },
  { words: ['disk', '--prune'], withinMs: 800, victims: ['command'] },
] as const;

/**
 * Kills a command, or a process that works for it, at a random moment of the work on a small codebase with a base that
 * trains in seconds. Afterwards the project, its files and its conversations are there, the index is whole after the
 * next refresh, and no training that was under way is lost.
 */
export const killAtRandom: Part = async (cases, note) => {
  const root = mkdtempSync(join(tmpdir(), 'trust-kills-'));
  try {
    const garden = await SmallGarden.make(root);
    for (const one of cases) note(await killOnce(garden, one));
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 10 });
  }
};

async function killOnce(garden: SmallGarden, { number, random }: Case): Promise<Verdict> {
  const deed = pick(random, DEEDS);
  const victim = pick<string>(random, deed.victims);
  const what = `${deed.words[0]}, ${victim}`;
  garden.writeCode(number + 1);
  const command = garden.start(...deed.words);
  const ended = endOf(command);
  await Promise.race([ended, delay(random() * deed.withinMs)]);
  const isKilled = await killWhenThere(garden, command, victim);
  await Promise.race([ended, delay(COMMAND_MS)]);
  if (command.exitCode === null && command.signalCode === null) {
    kill(command.pid);
    return { number, what, lost: 'the command did not end' };
  }
  // A deed that needs no such process, or was too quick, is no kill: it is counted by itself.
  return { number, what: isKilled ? what : `nobody to kill, ${what}`, lost: await garden.lost() };
}

/** Kills the victim as soon as it is there. @returns whether there was one before the command ended */
async function killWhenThere(garden: SmallGarden, command: ChildProcess, victim: string): Promise<boolean> {
  const hasEnded = () => command.exitCode !== null || command.signalCode !== null;
  const deadline = performance.now() + COMMAND_MS;
  while (!hasEnded() && performance.now() < deadline) {
    const there = victim === 'command' ? [command.pid] : garden.processes(victim);
    if (there.map(kill).includes(true)) return true;
    await delay(20);
  }
  return false;
}
