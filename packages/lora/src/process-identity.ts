import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the words of the system; '' where that could not be found out, then the pid alone counts. */
  processStart: string;
}

const run = promisify(execFile);

/** The identity of a running process, by default this one. */
export async function identifyProcess(pid: number = process.pid): Promise<ProcessIdentity> {
  return { pid, processStart: (await processStart(pid)) ?? '' };
}

/** Whether exactly this process still runs. One that has ended but was not yet reaped (a zombie) does not. */
export async function isProcessAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!pidExists(identity.pid)) return false;
  // Linux always tells the start: an identity without one was taken of a process that was already over.
  if (identity.processStart === '') return process.platform !== 'linux';
  return (await processStart(identity.pid)) === identity.processStart;
}

/**
 * Linux: boot id and field 22 of /proc/<pid>/stat (ticks since boot). macOS: `ps -o lstart=` (seconds).
 * Windows: PowerShell's StartTime in ticks, about half a second of work. Null where there is no such process.
 */
async function processStart(pid: number): Promise<string | null> {
  try {
    if (process.platform === 'linux') return await linuxStart(pid);
    if (process.platform === 'win32') {
      const script = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().Ticks`;
      const { stdout } = await run('powershell', ['-NoProfile', '-Command', script], { windowsHide: true });
      return stdout.trim() || null;
    }
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

async function linuxStart(pid: number): Promise<string | null> {
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
  ]);
  // Field 2, the command, is in brackets and may itself hold brackets and spaces: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const ticks = fields[19];
  if (ticks === undefined || state === 'Z' || state === 'X') return null;
  return `${boot.trim()}:${ticks}`;
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
