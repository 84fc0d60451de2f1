import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import { deleteServedAdapters } from '../models/served-adapters.js';
import { cancelOpenRun } from './control-run.js';

/**
 * Forgets a project: ends its work, deletes what is kept of it here, and what Ollama made of its adapters.
 * @param id also of one whose record is damaged
 * @param close closes what the caller has open of it, once its work has ended
 * @returns one sentence about what could not be deleted elsewhere, or null
 * @throws GardenerError as `Registry.remove`
 */
export async function removeProject(
  { paths, registry, settings }: Garden,
  id: string,
  close: () => Promise<unknown> = async () => undefined,
): Promise<string | null> {
  // What is removed need not be told that it has ended: on a full disk there is no room for that.
  await cancelOpenRun(paths, id).catch((error: unknown) => {
    if (!GardenerError.isInstance(error) || error.code !== 'garden.disk-full') throw error;
  });
  await close();
  await registry.remove(id);
  return deleteServedAdapters(settings, id);
}
