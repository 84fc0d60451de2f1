import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LoraError } from '../../errors.js';
import { identifyProcess, isProcessAlive, type ProcessIdentity } from '../../process-identity.js';

const FILE = 'trainer.lock';

/**
 * Keeps a second trainer out of a checkpoint directory. A lock left by a process that is gone is taken over.
 * @throws LoraError `train.directory-in-use`, `train.directory-unusable`
 */
export async function lockRunDirectory(directory: string): Promise<AsyncDisposable> {
  const path = join(directory, FILE);
  try {
    await mkdir(directory, { recursive: true });
    const own = JSON.stringify(await identifyProcess());
    if (!(await create(path, own))) {
      const found = await read(path);
      if (await isHeld(found)) throw inUse(directory, found);
      await removeStale(path, found);
      if (!(await create(path, own))) throw inUse(directory, await read(path));
    }
  } catch (cause) {
    throw LoraError.isInstance(cause) ? cause : unusable(directory, cause);
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** Written beside its place and linked into it: nobody ever reads half a lock, and of two only one gets it. */
async function create(path: string, content: string): Promise<boolean> {
  const temporary = besides(path);
  await writeFile(temporary, content);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Takes a lock out of the way if it is still the stale one; of two that try, one may find the
 * other's new lock and puts it back.
 */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = besides(path);
  await rename(path, aside).catch(() => undefined);
  const taken = await read(aside);
  if (taken !== stale && taken !== '') await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function besides(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}`;
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function isHeld(lock: string): Promise<boolean> {
  const owner = ownerOf(lock);
  return owner !== null && (await isProcessAlive(owner));
}

function ownerOf(lock: string): ProcessIdentity | null {
  try {
    const { pid, processStart } = JSON.parse(lock) as Partial<ProcessIdentity>;
    if (pid === undefined || !Number.isInteger(pid) || typeof processStart !== 'string') return null;
    return { pid, processStart };
  } catch {
    return null;
  }
}

function inUse(directory: string, lock: string): LoraError {
  const owner = ownerOf(lock);
  const who = owner ? `Process ${owner.pid}` : 'Another process';
  return new LoraError('train.directory-in-use', `${who} trains in ${directory} already.`, {
    remedy: 'Wait for it, or end it; two trainings need two checkpoint directories.',
  });
}

function unusable(directory: string, cause: unknown): LoraError {
  return new LoraError('train.directory-unusable', `The checkpoint directory ${directory} cannot be used.`, {
    remedy:
      'Check that you may write there, that the disk is not full, and that it is not on FAT (it needs hard links).',
    details: { reason: (cause as NodeJS.ErrnoException).code },
    cause,
  });
}
