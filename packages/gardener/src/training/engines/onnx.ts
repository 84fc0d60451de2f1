import { mkdir } from 'node:fs/promises';
import { generalCodeSample } from '../data/general-code-examples.js';
import type { RunDirectory } from '../run-directory/run-directory.js';
import type { EngineEvent } from './engine-events.js';
import type { OpenedRun, TrainingEngine } from './training-engine.js';

/** Trains in this process with packages/lora on ONNX Runtime. */
export const onnxEngine: TrainingEngine = { name: 'onnx', run: runOnnx };

async function* runOnnx(
  directory: RunDirectory,
  { settings, base, data, courtesy }: OpenedRun,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  const { readPeftAdapter, train, writePeftAdapter } = await import('@codebase-gardener/lora');
  const { baseModelFile: _file, baseModelName, schemaVersion: _version, ...training } = settings;
  const { threads, memoryBudgetBytes, initialAdapter, maxGeneralLossRise, ...fixed } = training;
  await mkdir(directory.checkpoint, { recursive: true });
  const events = train({
    ...fixed,
    ...(threads > 0 ? { threads } : {}),
    ...(memoryBudgetBytes > 0 ? { memoryBudgetBytes } : {}),
    ...(initialAdapter ? { initialAdapter: await readPeftAdapter(initialAdapter, base.config) } : {}),
    base,
    train: data.train,
    validation: data.validation,
    ...(maxGeneralLossRise === null
      ? {}
      : {
          retained: {
            examples: generalCodeSample(base.tokenizer, settings.sequenceLength),
            maxRise: maxGeneralLossRise,
          },
        }),
    checkpointDirectory: directory.checkpoint,
    courtesy,
    signal,
  });
  for await (const event of events) {
    if (event.type === 'step-end') {
      const { gradientNorm: _norm, ...step } = event;
      yield step;
    } else if (event.type === 'train-end') {
      const { adapter, reason, bestStep, validationLoss } = event;
      if (reason !== 'aborted') {
        await directory.writeOutput((folder) =>
          writePeftAdapter(folder, adapter, base.config, { baseModelName }),
        );
      }
      yield { type: 'train-end', reason, bestStep, validationLoss };
    } else if (event.type === 'heldout-end') yield { ...event, type: 'validation-end' };
    else yield event;
  }
}
