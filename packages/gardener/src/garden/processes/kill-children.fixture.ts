import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills children of this process by the name of their entry file, as soon as they are there; Linux only.
 * @param entry part of the entry's path
 * @param times how often; without a limit until `stop` is called
 * @returns how many were killed, and how it is ended
 */
export function killChildren(
  entry: string,
  times = Number.POSITIVE_INFINITY,
): { killed: () => number; stop: () => void } {
  const killed = new Set<number>();
  const timer = setInterval(() => {
    for (const pid of childrenWith(entry)) {
      if (killed.has(pid) || killed.size >= times) continue;
      killed.add(pid);
      process.kill(pid, 'SIGKILL');
    }
  }, 20);
  return { killed: () => killed.size, stop: () => clearInterval(timer) };
}

function childrenWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => read(pid, 'cmdline').includes(entry) && parentOf(pid) === process.pid);
}

function parentOf(pid: number): number {
  // The name, in brackets, may hold anything; behind it stand the state and the parent.
  return Number(read(pid, 'stat').split(')').at(-1)?.trim().split(' ')[1]);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
