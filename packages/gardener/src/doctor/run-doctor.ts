import { dataDirectory, GardenPaths } from '../garden/files/paths.js';
import { type Garden, openGarden } from '../garden/garden.js';
import { checkBase } from './base-advice.js';
import { type Check, failed } from './check.js';
import { checkDisk, checkPermissions, checkRunner } from './data-directory.js';
import { checkEngines } from './engines.js';
import { checkMachine } from './machine.js';
import { checkModel, neededModels } from './models.js';
import { NATIVE_MODULES, probeModule } from './probe-process.js';
import { checkProject, checkRecords } from './projects.js';
import { checkServers } from './servers.js';

export type { Check } from './check.js';

/** What `runDoctor` may be told. */
export interface DoctorOptions {
  /** As `openGarden`. */
  dataDir?: string | undefined;
  /** Also hash every model and let the base models write a word: seconds more. Defaults to false. */
  full?: boolean;
  /**
   * Also load each native module in a process of its own, and measure how fast this machine computes: seconds more.
   * Defaults to true.
   */
  native?: boolean;
  /** Called with what is being looked at. */
  onProgress?: (label: string) => void;
  signal?: AbortSignal;
}

/**
 * Looks at everything Gardener needs: the machine, the data directory, models, servers, projects, and each native
 * module in a process of its own. Changes nothing but makes the data directory where there is none. What is wrong is a
 * check that says what to do, never an error.
 * @throws the signal's reason
 */
export async function runDoctor(options: DoctorOptions = {}): Promise<Check[]> {
  const { onProgress = () => undefined, signal } = options;
  onProgress('looking at the machine');
  const paths = new GardenPaths(dataDirectory(options.dataDir));
  const permissions = await checkPermissions(paths);
  const checks = [...(await checkMachine()), permissions];
  // What cannot be opened has been told.
  if (permissions.state !== 'fail') checks.push(...(await checkState(options)));
  for (const { module, use } of options.native === false ? [] : NATIVE_MODULES) {
    signal?.throwIfAborted();
    onProgress(`trying ${module}`);
    checks.push(await probeModule(module, use));
  }
  return checks;
}

/** Everything that lies in the data directory. */
async function checkState(options: DoctorOptions): Promise<Check[]> {
  const { dataDir, full = false, native = true, onProgress, signal } = options;
  let garden: Garden;
  try {
    garden = await openGarden({ dataDir });
  } catch (error) {
    return [failed('state', error)];
  }
  const checks: Check[] = [];
  const look = async (label: string, check: () => Promise<Check | Check[]>) => {
    signal?.throwIfAborted();
    onProgress?.(label);
    const found = await check().catch((error: unknown) => failed(label, error));
    checks.push(...(Array.isArray(found) ? found : [found]));
  };
  await look('disk', () => checkDisk(garden));
  await look('background runner', () => checkRunner(garden.paths));
  for (const id of await neededModels(garden)) {
    await look(`model ${id}`, () => checkModel(garden, id, full, signal));
  }
  await look('base model', () => checkBase(garden, native));
  await look('engines', () => checkEngines(garden, native));
  await look('servers', () => checkServers(garden));
  await look('projects', () => checkRecords(garden));
  for (const project of await garden.registry.list()) {
    await look(`project ${project.name}`, () => checkProject(garden, project));
  }
  return checks;
}
