import { mkdir, rename, rm } from 'node:fs/promises';
import type { LoraAdapter } from '@codebase-gardener/lora';
import { readRunData } from '../run-data.js';
import {
  type EngineEvent,
  engineCheckpoint,
  engineOutput,
  readEngineSettings,
  type TrainingEngine,
} from './engine.js';

/** Tokens between two validations: about a minute of a laptop's work. */
const VALIDATE_EVERY_TOKENS = 24_000;

/** Trains in this process with packages/lora on ONNX Runtime. */
export const onnxEngine: TrainingEngine = { name: 'onnx', run: runOnnx };

async function* runOnnx(runDirectory: string, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  const { loadBaseModel, train } = await import('@codebase-gardener/lora');
  const settings = await readEngineSettings(runDirectory);
  const base = await loadBaseModel(settings.baseModelFile);
  try {
    const data = await readRunData(runDirectory, base.tokenizer.vocabularySize);
    const { adapter, learningRate, weightDecay, warmupSteps, maxGradientNorm, sequenceLength } = settings;
    const { rowsPerStep, accumulation, budgetMs, patience, checkpointEveryMs, seed, threads } = settings;
    const tokensPerStep = rowsPerStep * accumulation * sequenceLength;
    const checkpointDirectory = engineCheckpoint(runDirectory);
    await mkdir(checkpointDirectory, { recursive: true });
    const events = train({
      base,
      train: data.train,
      heldOut: data.validation,
      adapter,
      learningRate,
      weightDecay,
      warmupSteps,
      maxGradientNorm,
      sequenceLength,
      rowsPerStep,
      accumulation,
      budgetMs,
      steps: Math.max(1, Math.ceil((data.manifest.train.tokens * settings.maxEpochs) / tokensPerStep)),
      evaluateEverySteps: Math.max(5, Math.round(VALIDATE_EVERY_TOKENS / tokensPerStep)),
      patience,
      checkpointDirectory,
      checkpointEveryMs,
      seed,
      threads,
      signal,
    });
    for await (const event of events) {
      if (event.type !== 'train-end') {
        yield event;
        continue;
      }
      const { adapter: trained, ...rest } = event;
      if (event.reason !== 'aborted') {
        await saveOutput(runDirectory, trained, base.config, settings.baseModelName);
      }
      yield rest;
    }
  } finally {
    await base.close();
  }
}

/** To a folder beside its place, renamed when whole: a resumed run that finds output/ need not train again. */
async function saveOutput(
  runDirectory: string,
  adapter: LoraAdapter,
  config: Parameters<typeof import('@codebase-gardener/lora').writePeftAdapter>[2],
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
