import type { EngineName } from '../../garden/settings/settings.js';
import { isPythonEngine } from './engine-name.js';
import { onnxEngine } from './onnx.js';
import { type EngineGarden, engineCommand } from './python/engine-environment.js';
import { pythonEngine } from './python/python-engine.js';
import type { TrainingEngine } from './training-engine.js';

/** The engine of a name, in the environment that the data directory has for it. */
export function engineOf(name: EngineName, garden: EngineGarden): TrainingEngine {
  if (!isPythonEngine(name)) return onnxEngine;
  return pythonEngine(name, (runDirectory) => engineCommand(name, garden, runDirectory));
}
