import { join } from 'node:path';
import { z } from 'zod';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import { isThere } from '../../../garden/files/file-version.js';
import { readJsonIfPresent } from '../../../garden/files/json-state.js';
import type { GardenPaths } from '../../../garden/files/paths.js';
import type { Settings } from '../../../garden/settings/settings.js';
import type { PythonEngineName } from '../engine-name.js';
import { broken, installCommand } from './engine-errors.js';
import { type EngineCommand, EngineProcess } from './engine-process.js';
import type { engineCheckSchema } from './engine-protocol.js';
import { engineSources, requirementsHash } from './engine-sources.js';

/** What is installed of an engine. `half-made`: an installation was broken off. `outdated`: of another version. */
export type EnvironmentState = 'absent' | 'half-made' | 'outdated' | 'ready';

/** Written when an environment is whole. */
export const INSTALLED_FILE = 'installed.json';
/** Which of an environment's packages were asked for, and when. */
export const installedSchema = z.object({
  schemaVersion: z.literal(1),
  requirements: z.string(),
  installedAt: z.string(),
});

/** What of an open data directory tells where engines are. */
export interface EngineGarden {
  paths: GardenPaths;
  settings: Pick<Settings, 'enginePython'>;
}

/** The Python of an environment that lies in a folder. */
export function pythonIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

/** What is installed of an engine; nothing is started. @throws GardenerError `garden.damaged-file` */
export async function environmentState(
  paths: GardenPaths,
  engine: PythonEngineName,
): Promise<EnvironmentState> {
  const folder = paths.engine(engine);
  if (!(await isThere(folder))) return 'absent';
  const installed = await readJsonIfPresent(join(folder, INSTALLED_FILE), installedSchema);
  if (installed === null) return 'half-made';
  return installed.requirements === (await requirementsHash(engine)) ? 'ready' : 'outdated';
}

/**
 * Refuses an engine that is not installed. Nothing is started: an environment that was damaged since shows only then.
 * @returns its Python
 * @throws GardenerError `training.engine-not-installed`, `training.engine-broken`, `training.engine-outdated`,
 *   `garden.damaged-file`
 */
export async function requireEngine(
  engine: PythonEngineName,
  { paths, settings }: EngineGarden,
): Promise<string> {
  if (settings.enginePython !== '') return settings.enginePython;
  switch (await environmentState(paths, engine)) {
    case 'ready':
      return pythonIn(paths.engine(engine));
    case 'half-made':
      throw broken(engine, 'its installation was broken off');
    case 'outdated':
      throw new GardenerError(
        'training.engine-outdated',
        `The engine ${engine} was installed by another version of Codebase Gardener.`,
        { remedy: `Bring it up to date with \`${installCommand(engine)}\`.` },
      );
    case 'absent':
      throw new GardenerError('training.engine-not-installed', `The engine ${engine} is not installed.`, {
        remedy: `Install it with \`${installCommand(engine)}\`, or train with --engine onnx.`,
      });
  }
}

/** What starts an engine for a run directory. @throws as `requireEngine` */
export async function engineCommand(
  engine: PythonEngineName,
  garden: EngineGarden,
  runDirectory: string,
): Promise<EngineCommand> {
  return commandOf(await requireEngine(engine, garden), engine, runDirectory);
}

/**
 * Starts an engine without a run and asks it what it is.
 * @param python of its environment
 * @throws GardenerError `training.engine-*`
 */
export async function tryEngine(
  engine: PythonEngineName,
  python: string,
): Promise<z.infer<typeof engineCheckSchema>> {
  const process = new EngineProcess(engine, commandOf(python, engine, '--check'));
  try {
    for await (const said of process.said()) if (said.type === 'check') return said;
  } finally {
    await process.end();
  }
  throw broken(engine, 'it did not say what it is');
}

function commandOf(python: string, engine: PythonEngineName, target: string): EngineCommand {
  const { PYTHONHOME: _, ...env } = process.env;
  return {
    command: python,
    args: ['-m', 'gardener_engines', engine, target],
    env: {
      ...env,
      PYTHONPATH: join(engineSources(), 'src'),
      PYTHONSAFEPATH: '1',
      PYTHONUTF8: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      // The base lies on disk; nothing is looked up and nothing told.
      HF_HUB_OFFLINE: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
      TOKENIZERS_PARALLELISM: 'false',
      // Threads that wait do not keep a core busy: beside other programs that is many times as fast.
      OMP_WAIT_POLICY: 'PASSIVE',
    },
  };
}
