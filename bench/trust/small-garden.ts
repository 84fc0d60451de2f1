import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const gardener = join(repository, 'packages/gardener/bin/gardener.js');
const tinyBase = join(repository, 'packages/lora/fixtures/golden/llama-tiny/base.gguf');
const models =
  process.env.CODEBASE_GARDENER_TEST_MODELS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'codebase-gardener-test-models');

/** A whole run of the tiny base takes some 20 s; a command that takes this long does not end. */
export const COMMAND_MS = 300_000;
const FILES = 24;

/** A data directory with a small codebase and a base that trains in seconds, and the commands that work on it. */
export class SmallGarden {
  private constructor(
    readonly root: string,
    readonly dataDir: string,
  ) {}

  /** @param dataDir defaults to a folder of `root` */
  static async make(root: string, dataDir = join(root, 'data')): Promise<SmallGarden> {
    mkdirSync(dataDir, { recursive: true });
    // Filled by the first command where no test has filled it yet.
    mkdirSync(join(models, 'base_models'), { recursive: true });
    symlinkSync(join(models, 'base_models'), join(dataDir, 'base_models'));
    const settings = { sequenceLength: 128, minTrainingTokens: 1_000, threads: 1, rank: 2, alpha: 4 };
    writeFileSync(join(dataDir, 'settings.json'), JSON.stringify(settings));
    const garden = new SmallGarden(root, dataDir);
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

  /** What does not hold afterwards; null when all does. */
  async lost(): Promise<string | null> {
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

  /** What `gardener status` says; null where that is no JSON. */
  async status(): Promise<{
    training: { status: string; step: number | null; error: { message: string } | null };
    index: { state: string; files: { indexed: number }; changedSince: number | null };
  } | null> {
    const { text } = await this.run('status', 'code', '--json');
    try {
      return JSON.parse(text.slice(text.indexOf('{')));
    } catch {
      return null;
    }
  }

  /** Writes the codebase, and changes some of its files from one turn to the next. */
  writeCode(turn: number): void {
    const code = join(this.root, 'code');
    mkdirSync(code, { recursive: true });
    for (let file = 0; file < FILES; file++) {
      const functions = Array.from(
        { length: 5 },
        (_, index) =>
          `def compute_${file}_${index}(value, scale=${file + turn}):\n    """Computes value ${index} of part ${file}."""\n    total = value * scale + ${index}\n    if total > ${file * 7 + index}:\n        return total\n    return compute_base(total, ${file})\n`,
      );
      if (turn === 0 || file % 4 === turn % 4)
        writeFileSync(join(code, `part_${file}.py`), functions.join('\n\n'));
    }
  }

  start(...words: string[]): ChildProcess {
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

  /** A command's exit code and all that it printed; killed after {@link COMMAND_MS}. */
  async run(...words: string[]): Promise<{ code: number | null; text: string }> {
    const child = this.start(...words);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (text += String(part)));
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
    await endOf(child);
    clearTimeout(timer);
    return { code: child.exitCode, text };
  }

  /** Processes of this data directory by the name of their entry file. */
  processes(entry: string): number[] {
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

/** Fulfilled when a process has ended. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('close', () => resolve());
  });
}

/** Kills a process. @returns whether there was one */
export function kill(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
    return false;
  }
}
