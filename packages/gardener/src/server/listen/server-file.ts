import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess, isProcessAlive } from '@codebase-gardener/lora/process';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { withLock } from '../../garden/files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../../garden/files/json-state.js';
import type { GardenPaths } from '../../garden/files/paths.js';

/** server.json: which process serves this data directory, and where. */
const serverSchema = z.object({
  pid: z.number().int().positive(),
  processStart: z.string(),
  url: z.string(),
  startedAt: z.string(),
  /** Whether clients must show the token, see `serverToken`. */
  needsToken: z.boolean(),
});

/** See `serverSchema`. */
export type RunningServer = z.infer<typeof serverSchema>;

const serverFile = (paths: GardenPaths) => join(paths.root, 'server.json');

/** The server of this data directory, when one is alive. */
export async function runningServer(paths: GardenPaths): Promise<RunningServer | null> {
  // A damaged file names nobody: it has been set aside, and the next server writes a new one.
  const known = await readJsonIfPresent(serverFile(paths), serverSchema).catch(() => null);
  return known !== null && (await isProcessAlive(known)) ? known : null;
}

/**
 * Starts this data directory's one server: two would follow the same edits and keep the same models in memory twice.
 * @param listen starts listening and gives the address
 * @throws GardenerError `server.already-running`; what `listen` throws
 */
export async function claimServer(
  paths: GardenPaths,
  needsToken: boolean,
  listen: () => Promise<string>,
): Promise<RunningServer> {
  return withLock(paths.lockFile('server'), async () => {
    const other = await runningServer(paths);
    if (other !== null) throw alreadyRunning(other);
    const url = await listen();
    const identity = await identifyProcess(process.pid);
    const server = { ...identity, url, startedAt: new Date().toISOString(), needsToken };
    await writeJson(serverFile(paths), server);
    return server;
  });
}

/** Says that the server has ended. */
export async function releaseServer(paths: GardenPaths): Promise<void> {
  await rm(serverFile(paths), { force: true });
}

function alreadyRunning({ url, pid }: RunningServer): GardenerError {
  return new GardenerError(
    'server.already-running',
    `A server for this data directory runs already (process ${pid}).`,
    {
      remedy: `Use it at ${url}, or end it first; another data directory can have one too (--data-dir).`,
      details: { url, pid },
    },
  );
}
