import type { EngineName, Settings } from '../../../garden/settings/settings.js';
import type { OpenedRun } from '../../engines/training-engine.js';
import type { JobRequest } from './api/ray-api.js';

/** PyTorch, transformers and Python, before they hold a model. */
const PYTHON_BYTES = 1.5e9;
/** float32, and a quarter more for what is in two forms while the base is read. */
const PYTHON_BYTES_A_PARAMETER = 5;

/** What a training asks of a cluster. */
export type Resources = Pick<JobRequest, 'entrypoint_num_cpus' | 'entrypoint_num_gpus' | 'entrypoint_memory'>;

/**
 * What a training takes: processors by the setting rayCpus, a GPU where a Python engine is to compute on CUDA, memory
 * by the plan of the built-in engine, and for the others by the size of the base; never more than
 * trainingMemoryMegabytes allows the engine.
 */
export async function resourcesOf(
  engine: EngineName,
  { settings, base }: OpenedRun,
  { rayCpus }: Pick<Settings, 'rayCpus'>,
): Promise<Resources> {
  const { adapter, sequenceLength, rows, memoryBudgetBytes, device } = settings;
  const { trainingMemory } = await import('@codebase-gardener/lora');
  const wanted =
    engine === 'onnx'
      ? await trainingMemory({
          base,
          adapter,
          batch: { sequenceLength, rows },
          ...(memoryBudgetBytes > 0 && { machine: { memoryBudgetBytes } }),
        })
      : PYTHON_BYTES + PYTHON_BYTES_A_PARAMETER * parametersOf(base);
  return {
    entrypoint_num_cpus: rayCpus,
    entrypoint_num_gpus: engine !== 'onnx' && device === 'cuda' ? 1 : 0,
    entrypoint_memory: Math.ceil(memoryBudgetBytes > 0 ? Math.min(wanted, memoryBudgetBytes) : wanted),
  };
}

/** What is asked for, in words. */
export function inWords({
  entrypoint_num_cpus: cpus,
  entrypoint_num_gpus: gpus,
  entrypoint_memory: bytes,
}: Resources): string {
  const processors = `${cpus} ${cpus === 1 ? 'processor' : 'processors'}`;
  return `${processors}, ${gpus === 0 ? '' : 'a GPU, '}${(bytes / 1e9).toFixed(1)} GB of memory`;
}

function parametersOf({ weights }: OpenedRun['base']): number {
  let sum = 0;
  for (const { shape } of weights.tensors.values()) sum += shape.reduce((product, size) => product * size, 1);
  return sum;
}
