import { mkdir } from 'node:fs/promises';
import { generalCodeSample } from '../data/general-code-examples.js';
import { spreadSample } from '../data/spread-sample.js';
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
  const { baseModelName, threads, memoryBudgetBytes, initialAdapter, maxGeneralLossRise, validationTokens } =
    settings;
  const { learningRate, warmupSteps, weightDecay, maxGradientNorm } = settings;
  const { sequenceLength, rows, accumulation, patience, budgetMs, maxEpochs, firstEpoch, seed } = settings;
  const general = () => generalCodeSample(base.tokenizer, sequenceLength);
  await mkdir(directory.checkpoint, { recursive: true });
  const training = train({
    base,
    examples: data.train,
    validation: validationTokens === null ? data.validation : spreadSample(data.validation, validationTokens),
    adapter: {
      ...settings.adapter,
      ...(initialAdapter ? { initial: await readPeftAdapter(initialAdapter, base.config) } : {}),
    },
    optimizer: { learningRate, warmupSteps, weightDecay, maxGradientNorm },
    batch: { sequenceLength, rows, accumulation },
    evaluation: {
      patience,
      ...(maxGeneralLossRise === null
        ? {}
        : { retained: { examples: general(), maxRise: maxGeneralLossRise } }),
    },
    budgetMs,
    maxEpochs,
    firstEpoch,
    seed,
    checkpoint: { directory: directory.checkpoint, everyMs: settings.checkpointEveryMs },
    signal,
    machine: {
      courtesy,
      ...(threads > 0 ? { threads } : {}),
      ...(memoryBudgetBytes > 0 ? { memoryBudgetBytes } : {}),
    },
  });
  for await (const event of training) {
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
    } else if (event.type === 'lighten') {
      const { rows: atOnce, activations, singleCopy } = event;
      yield { type: 'lighten', rows: atOnce, keep: activations === 'keep', singleCopy };
    } else yield event;
  }
}
