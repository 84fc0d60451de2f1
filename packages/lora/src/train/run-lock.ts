import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LoraError } from '../errors.js';

const FILE = 'trainer.lock';

/** Who trains in a directory: a process, told from a later one with the same number by when it started. */
interface Owner {
  pid: number;
  started: string | null;
}

/**
 * Keeps a second trainer out of a checkpoint directory. A lock left by a process that is gone is taken over.
 * @throws LoraError `train.directory-in-use`
 */
export async function lockRunDirectory(directory: string): Promise<AsyncDisposable> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, FILE);
  const own: Owner = { pid: process.pid, started: await startOf(process.pid) };
  if (!(await create(path, own))) {
    const owner = await readOwner(path);
    if (owner && (await isAlive(owner))) throw inUse(directory, owner);
    // Of two that find a dead owner, one gets to rename its file away.
    const aside = `${path}.${process.pid}`;
    await rename(path, aside).catch(() => undefined);
    await rm(aside, { force: true });
    if (!(await create(path, own))) throw inUse(directory, await readOwner(path));
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify(owner));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const { pid, started } = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner>;
    return Number.isInteger(pid) ? { pid: pid as number, started: started ?? null } : null;
  } catch {
    return null;
  }
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return started === null || (await startOf(pid)) === started;
}

/** When a process started, in the kernel's own count; null where it does not tell (not Linux). */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the second one, the name in brackets, may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function inUse(directory: string, owner: Owner | null): LoraError {
  const who = owner ? `Process ${owner.pid}` : 'Another process';
  return new LoraError('train.directory-in-use', `${who} trains in ${directory} already.`, {
    remedy: 'Wait for it, or end it; two trainings need two checkpoint directories.',
  });
}
