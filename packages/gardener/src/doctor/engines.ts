import type { Garden } from '../garden/garden.js';
import { isPythonEngine, PYTHON_ENGINES } from '../training/engines/engine-name.js';
import { environmentState, requireEngine, tryEngine } from '../training/engines/python/engine-environment.js';
import { type Check, failed, ok } from './check.js';

/**
 * The training engines: those that are installed or chosen are started and say what they compute on.
 * @param starts whether they are started: seconds each
 */
export async function checkEngines(garden: Garden, starts: boolean): Promise<Check[]> {
  const { paths, settings } = garden;
  const checks: Check[] = [];
  const absent: string[] = [];
  for (const engine of PYTHON_ENGINES) {
    const name = `engine ${engine}`;
    try {
      const isChosen = settings.engine === engine;
      if (!isChosen && (await environmentState(paths, engine)) === 'absent') {
        absent.push(engine);
        continue;
      }
      const python = await requireEngine(engine, garden);
      if (!starts) {
        checks.push(ok(name, 'installed'));
        continue;
      }
      const { device, versions } = await tryEngine(engine, python);
      const told = Object.entries(versions).map(([library, version]) => `${library} ${version}`);
      checks.push(ok(name, `${told.join(', ')} on ${device}`));
    } catch (error) {
      checks.push(failed(name, error));
    }
  }
  const chosen = isPythonEngine(settings.engine) ? '' : 'onnx trains; ';
  if (absent.length > 0)
    checks.push(ok('engines', `${chosen}not installed, and not needed: ${absent.join(', ')}`));
  return checks;
}
