import { Option } from 'commander';
import { ENGINE_NAMES, type EngineName } from '../../garden/settings/settings.js';
import type { Session } from '../session/session.js';

/** `--engine` of the commands that train. */
export function engineOption(): Option {
  return new Option(
    '--engine <engine>',
    'what trains (default: the setting engine); peft and mlx are installed with gardener doctor --install',
  ).choices(ENGINE_NAMES);
}

/**
 * The engine that is to train: the one given, else the setting's.
 * @throws GardenerError `training.engine-not-installed` and the like for one that cannot train here
 */
export async function chooseEngine({ garden }: Session, given: EngineName | undefined): Promise<EngineName> {
  const engine = given ?? garden.settings.engine;
  const { isPythonEngine } = await import('../../training/engines/engine-name.js');
  if (!isPythonEngine(engine)) return engine;
  const { requireEngine } = await import('../../training/engines/python/engine-environment.js');
  await requireEngine(engine, garden);
  return engine;
}
