import { fork } from 'node:child_process';
import type { Part } from './ledger.js';

/** Reading a small file takes milliseconds; on a busy machine a reader that takes this long does not end. */
const LIMIT_MS = 20_000;

/** What the child says of one case. */
export interface Mutated {
  number: number;
  what: string;
  lost: string | null;
}

/**
 * Mutates files that others may have made or damaged and gives them to their own readers, in a child process: a crash
 * or a hang is that case's verdict, and the next child goes on behind it.
 */
export const mutateFiles: Part = async (cases, note) => {
  let left = [...cases];
  while (left.length > 0) {
    const numbers = left.map(({ number }) => number);
    const seeds = left.map(({ random }) => Math.floor(random() * 2 ** 31));
    const child = fork(new URL('./mutate-child.ts', import.meta.url), {
      execArgv: [...process.execArgv, '--max-old-space-size=512'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr = (stderr + String(text)).slice(-500);
    });
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        isLate = true;
        child.kill('SIGKILL');
      }, LIMIT_MS);
    };
    const done = new Set<number>();
    let under = { number: -1, what: 'start' };
    child.on('message', (message: Mutated | { begun: number; what: string }) => {
      watch();
      if ('begun' in message) under = { number: message.begun, what: message.what };
      else {
        done.add(message.number);
        note(message);
      }
    });
    child.send({ numbers, seeds });
    watch();
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearTimeout(timer);
    left = left.filter(({ number }) => !done.has(number));
    // One that ends as if all were well before all cases are done has lost the one that it was at.
    if (left.length === 0) return;
    if (under.number < 0) throw new Error(`the child did not start: ${stderr}`);
    if (done.has(under.number)) continue;
    const why = isLate ? `no end within ${LIMIT_MS / 1000} s` : `the process ended (${code}) ${stderr}`;
    note({ ...under, lost: why });
    left = left.filter(({ number }) => number !== under.number);
  }
};
