import { type ChildProcess, execFile } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  computingProcess,
  identifyProcess,
  isProcessAlive,
  type ProcessIdentity,
} from '@codebase-gardener/lora/process';
import { setLargeLogAside } from '../log.js';
import { spawnEntry } from '../processes/spawn-entry.js';
import { RUN_FILES } from '../runs/run-files.js';
import { locateRun } from '../runs/runs.js';

/** How much of a dead worker's stderr is kept in the state. */
const STDERR_TAIL_BYTES = 2048;

/** How a worker ended. Both null where it was adopted from an earlier runner: then nobody can know. */
export interface WorkerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last 2 KiB that it wrote to stderr. */
  stderrTail: string;
}

/** The process that does a run's work, our child or one that an earlier runner left behind. */
export interface Worker {
  identity: ProcessIdentity;
  /** How it ended, or null while it runs. */
  exit(): Promise<WorkerExit | null>;
  /** Waits `ms`, or less when our child ends before. */
  rest(ms: number): Promise<void>;
}

/** What the worker of a run says on stdout and stderr. */
export function workerLog(runDir: string): string {
  return join(runDir, RUN_FILES.workerLog);
}

/**
 * Starts `node <entry> <runDir>`: a process group of its own, so that it outlives the runner and can be ended with all
 * its children; output to `<runDir>/worker.log` (a pipe would break when the runner dies);
 * CODEBASE_GARDENER_DATA_DIR set.
 */
export async function startWorker(runDir: string, entry: URL): Promise<Worker> {
  const logFile = workerLog(runDir);
  setLargeLogAside(logFile);
  const log = await open(logFile, 'a');
  try {
    const startOfLog = (await log.stat()).size;
    const { paths } = locateRun(runDir);
    const { env, execArgv } = computingProcess();
    const child = spawnEntry(entry, [runDir], {
      execArgv,
      detached: true,
      cwd: paths.root,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...env, CODEBASE_GARDENER_DATA_DIR: paths.root },
    });
    return await childWorker(child, logFile, startOfLog);
  } finally {
    await log.close();
  }
}

/** A worker that is not our child: watched by its pid and start time. */
export function adoptWorker(identity: ProcessIdentity): Worker {
  return {
    identity,
    exit: async () =>
      (await isProcessAlive(identity)) ? null : { code: null, signal: null, stderrTail: '' },
    rest: (ms) => delay(ms),
  };
}

async function childWorker(child: ChildProcess, logFile: string, startOfLog: number): Promise<Worker> {
  let ended: { code: number | null; signal: NodeJS.Signals | null } | null = null;
  const exited = new AbortController();
  child.once('exit', (code, signal) => {
    ended = { code, signal };
    exited.abort();
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const identity = await identifyProcess(child.pid);
  return {
    identity,
    exit: async () => (ended === null ? null : { ...ended, stderrTail: await readTail(logFile, startOfLog) }),
    rest: (ms) => delay(ms, undefined, { signal: exited.signal }).catch(() => undefined),
  };
}

/**
 * Ends a worker and all its children: SIGTERM, and after `graceMs` SIGKILL for the whole process group. Returns when it
 * is gone. On Windows, where SIGTERM ends a process at once, only the worker's own look at control.json is waited for.
 */
export async function stopWorker(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (!(await isProcessAlive(identity))) return;
  if (process.platform !== 'win32') signalProcess(identity.pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    await delay(50);
    if (!(await isProcessAlive(identity))) return killGroup(identity.pid);
  }
  killGroup(identity.pid);
  while (await isProcessAlive(identity)) await delay(20);
}

/** Kills what is left of a process group, also when its leader has already ended. */
export function killGroup(leaderPid: number): void {
  if (process.platform === 'win32') {
    execFile('taskkill', ['/pid', String(leaderPid), '/T', '/F'], { windowsHide: true }, () => undefined);
  } else {
    signalProcess(-leaderPid, 'SIGKILL');
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}

async function readTail(file: string, from: number): Promise<string> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    // Smaller than at the start: it has been emptied meanwhile.
    const start = Math.max(from > size ? 0 : from, size - STDERR_TAIL_BYTES);
    const wanted = Math.max(0, size - start);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, start);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await handle?.close();
  }
}
