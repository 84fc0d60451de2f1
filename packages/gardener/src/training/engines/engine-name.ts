import { ENGINE_NAMES, type EngineName } from '../../garden/settings/settings.js';

/** The engines that train in a Python environment of their own. */
export type PythonEngineName = Exclude<EngineName, 'onnx'>;

/** See `PythonEngineName`. */
export const PYTHON_ENGINES: readonly PythonEngineName[] = ENGINE_NAMES.filter(isPythonEngine);

/** Whether an engine needs an environment of its own. */
export function isPythonEngine(name: EngineName): name is PythonEngineName {
  return name !== 'onnx';
}
