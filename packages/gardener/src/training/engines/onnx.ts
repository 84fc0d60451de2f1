import { mkdir, rename, rm } from 'node:fs/promises';
import type { Courtesy, LoraAdapter, TransformerConfig } from '@codebase-gardener/lora';
import { generalCodeSample } from '../data/general-code.js';
import { readRunData } from '../run/run-data.js';
import { engineCheckpoint, engineOutput, readEngineSettings, type TrainingEngine } from './engine.js';
import type { EngineEvent } from './engine-events.js';

/** Trains in this process with packages/lora on ONNX Runtime. */
export const onnxEngine: TrainingEngine = { name: 'onnx', run: runOnnx };

async function* runOnnx(
  runDirectory: string,
  signal: AbortSignal,
  courtesy: Courtesy = {},
): AsyncGenerator<EngineEvent> {
  const { loadBaseModel, readPeftAdapter, train } = await import('@codebase-gardener/lora');
  const settings = await readEngineSettings(runDirectory);
  const base = await loadBaseModel(settings.baseModelFile);
  try {
    const data = await readRunData(runDirectory, base.tokenizer.vocabularySize);
    const { baseModelFile: _file, baseModelName, schemaVersion: _version, ...training } = settings;
    const { threads, memoryBudgetBytes, initialAdapter, maxGeneralLossRise, ...fixed } = training;
    const checkpointDirectory = engineCheckpoint(runDirectory);
    await mkdir(checkpointDirectory, { recursive: true });
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
      checkpointDirectory,
      courtesy,
      signal,
    });
    for await (const event of events) {
      if (event.type === 'step-end') {
        const { gradientNorm: _norm, ...step } = event;
        yield step;
      } else if (event.type === 'train-end') {
        const { adapter, reason, bestStep, validationLoss } = event;
        if (reason !== 'aborted') await saveOutput(runDirectory, adapter, base.config, baseModelName);
        yield { type: 'train-end', reason, bestStep, validationLoss };
      } else if (event.type === 'heldout-end') yield { ...event, type: 'validation-end' };
      else yield event;
    }
  } finally {
    await base[Symbol.asyncDispose]();
  }
}

/** To a folder beside its place, renamed when whole: a resumed run that finds output/ need not train again. */
async function saveOutput(
  runDirectory: string,
  adapter: LoraAdapter,
  config: TransformerConfig,
  baseModelName: string,
): Promise<void> {
  const { writePeftAdapter } = await import('@codebase-gardener/lora');
  const output = engineOutput(runDirectory);
  const forming = `${output}.forming`;
  await rm(forming, { recursive: true, force: true });
  await writePeftAdapter(forming, adapter, config, { baseModelName });
  await rm(output, { recursive: true, force: true });
  await rename(forming, output);
}
