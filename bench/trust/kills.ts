import { type ChildProcess, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Case, type Part, pick } from './ledger.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const gardener = join(repository, 'packages/gardener/bin/gardener.js');
const tinyBase = join(repository, 'packages/lora/fixtures/golden/llama-tiny/base.gguf');
const models =
  process.env.CODEBASE_GARDENER_TEST_MODELS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'codebase-gardener-test-models');

/** A whole run of the tiny base takes some 20 s; a command that takes this long does not end. */
const COMMAND_MS = 300_000;
const FILES = 24;

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
    const garden = await Garden.make(root);
    for (const one of cases) note(await garden.killOnce(one));
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 10 });
  }
};

class Garden {
  private constructor(
    private readonly root: string,
    private readonly dataDir: string,
  ) {}

  static async make(root: string): Promise<Garden> {
    const dataDir = join(root, 'data');
    mkdirSync(dataDir);
    symlinkSync(join(models, 'base_models'), join(dataDir, 'base_models'));
    const settings = { sequenceLength: 128, minTrainingTokens: 1_000, threads: 1, rank: 2, alpha: 4 };
    writeFileSync(join(dataDir, 'settings.json'), JSON.stringify(settings));
    const garden = new Garden(root, dataDir);
    garden.writeCode(0);
    const added = await garden.run(
      'add',
      join(root, 'code'),
      '--base',
      tinyBase,
      '--budget',
      '10s',
      '--wait',
    );
    if (added.code !== 0) throw new Error(`the codebase could not be added: ${added.text}`);
    return garden;
  }

  async killOnce({ number, random }: Case): Promise<{ number: number; what: string; lost: string | null }> {
    const deed = pick(random, DEEDS);
    const victim = pick<string>(random, deed.victims);
    const what = `${deed.words[0]}, ${victim}`;
    this.writeCode(number + 1);
    const command = this.start(...deed.words);
    const ended = endOf(command);
    await Promise.race([ended, delay(random() * deed.withinMs)]);
    const isKilled = await this.killWhenThere(command, victim);
    await Promise.race([ended, delay(COMMAND_MS)]);
    if (command.exitCode === null && command.signalCode === null) {
      kill(command.pid);
      return { number, what, lost: 'the command did not end' };
    }
    // A deed that needs no such process, or was too quick, is no kill: it is counted by itself.
    return { number, what: isKilled ? what : `nobody to kill, ${what}`, lost: await this.lost() };
  }

  /** Kills the victim as soon as it is there. @returns whether there was one before the command ended */
  private async killWhenThere(command: ChildProcess, victim: string): Promise<boolean> {
    const hasEnded = () => command.exitCode !== null || command.signalCode !== null;
    const deadline = performance.now() + COMMAND_MS;
    while (!hasEnded() && performance.now() < deadline) {
      const there = victim === 'command' ? [command.pid] : this.processes(victim);
      if (there.map(kill).includes(true)) return true;
      await delay(20);
    }
    return false;
  }

  /** What does not hold after a kill; null when all does. */
  private async lost(): Promise<string | null> {
    const listed = await this.run('list', '--json');
    if (listed.code !== 0 || !listed.text.includes('"name"')) return `list: ${listed.text.slice(0, 200)}`;
    // What was under way is waited for: a run goes on by itself, or says why not and can be taken up.
    const deadline = performance.now() + COMMAND_MS;
    for (;;) {
      const { training } = (await this.status()) ?? { training: null };
      if (training === null) return 'the project has no status';
      if (training.status === 'failed') {
        const resumed = await this.run('resume', 'code');
        if (resumed.code !== 0)
          return `failed and not taken up: ${training.error?.message} ${resumed.text.slice(-200)}`;
      } else if (!['queued', 'preparing', 'training', 'evaluating'].includes(training.status)) break;
      if (performance.now() > deadline) return `the run did not end: ${training.status}`;
      await delay(500);
    }
    const refreshed = await this.run('refresh', 'code', '--no-train', '--wait');
    if (refreshed.code !== 0) return `refresh: ${refreshed.text.slice(-200)}`;
    const after = await this.status();
    if (
      after?.index.state !== 'ready' ||
      after.index.files.indexed !== FILES ||
      after.index.changedSince !== 0
    )
      return `index: ${JSON.stringify(after?.index)}`;
    const pruned = await this.run('disk', '--prune');
    const left = readdirSync(join(this.dataDir, 'projects')).filter((name) => name.startsWith('.'));
    return pruned.code === 0 && left.length === 0
      ? null
      : `left behind: ${left.join(', ')} ${pruned.text.slice(-200)}`;
  }

  private async status(): Promise<{
    training: { status: string; error: { message: string } | null };
    index: { state: string; files: { indexed: number }; changedSince: number | null };
  } | null> {
    const { text } = await this.run('status', 'code', '--json');
    try {
      return JSON.parse(text.slice(text.indexOf('{')));
    } catch {
      return null;
    }
  }

  private writeCode(turn: number): void {
    const code = join(this.root, 'code');
    mkdirSync(code, { recursive: true });
    for (let file = 0; file < FILES; file++) {
      const functions = Array.from(
        { length: 5 },
        (_, index) =>
          `def compute_${file}_${index}(value, scale=${file + turn}):\n    """Computes value ${index} of part ${file}."""\n    total = value * scale + ${index}\n    if total > ${file * 7 + index}:\n        return total\n    return compute_base(total, ${file})\n`,
      );
      // Some files change from one kill to the next.
      if (turn === 0 || file % 4 === turn % 4)
        writeFileSync(join(code, `part_${file}.py`), functions.join('\n\n'));
    }
  }

  private start(...words: string[]): ChildProcess {
    return spawn(process.execPath, [gardener, '--data-dir', this.dataDir, '--no-color', ...words], {
      cwd: this.root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // The data directory is in the environment of every process that works for a command: it is known by that.
      env: {
        ...process.env,
        CODEBASE_GARDENER_YIELD_TO_OTHERS: 'false',
        CODEBASE_GARDENER_DATA_DIR: this.dataDir,
      },
    });
  }

  private async run(...words: string[]): Promise<{ code: number | null; text: string }> {
    const child = this.start(...words);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (text += String(part)));
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
    await endOf(child);
    clearTimeout(timer);
    return { code: child.exitCode, text };
  }

  /** Processes of this data directory by the name of their entry file. */
  private processes(entry: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const isOne = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(entry);
          return isOne && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.dataDir);
        } catch {
          return false;
        }
      })
      .map(Number);
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('close', () => resolve());
  });
}

/** Whether there was such a process. */
function kill(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
    return false;
  }
}
