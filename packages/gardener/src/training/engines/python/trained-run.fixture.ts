import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BaseModel, loadBaseModel, type SupervisedExample, train } from '@codebase-gardener/lora';
import { GardenPaths } from '../../../garden/files/paths.js';
import { testBase, testFile } from '../../data/codebase.fixture.js';
import { hashSides, makeExamples } from '../../data/examples.js';
import { seededRandom } from '../../data/random.js';
import type { RunData } from '../../data/run-data.js';
import type { EngineSettings } from '../../run-directory/engine-settings.js';
import { RunDirectory } from '../../run-directory/run-directory.js';
import type { EngineEvent } from '../engine-events.js';
import type { PythonEngineName } from '../engine-name.js';
import { engineCommand } from './engine-environment.js';
import type { EngineCommand } from './engine-process.js';
import { pythonEngine } from './python-engine.js';

const SEQUENCE = 64;

/** The GGUF that a golden script made. */
export function goldenBase(name: string): string {
  return fileURLToPath(new URL(`../../../../../lora/fixtures/golden/${name}/base.gguf`, import.meta.url));
}

/** A run directory ready for an engine, and its base, open. */
export interface ReadyRun extends AsyncDisposable {
  directory: RunDirectory;
  settings: EngineSettings;
  data: RunData;
  base: BaseModel;
}

/** How many examples a run has: 32 are twenty rows, ten steps; 10 are seven rows, four steps. */
interface Examples {
  train?: number;
  validation?: number;
}

/**
 * A run of rows of tokens, two a step, in float32, unless the settings say otherwise. For tests against what an engine
 * in Python does with it.
 */
export async function readyRun(
  folder: string,
  baseFile: string,
  given: Partial<EngineSettings> = {},
  examples: Examples = {},
  runId = 'run-1',
): Promise<ReadyRun> {
  const path = new GardenPaths(folder).run('abcdefghij', runId);
  await mkdir(path, { recursive: true });
  const directory = new RunDirectory(path);
  const base = await loadBaseModel(baseFile);
  const { trainableModules } = await import('@codebase-gardener/lora');
  const settings = await directory.settleEngineSettings({
    schemaVersion: 1,
    baseModelFile: baseFile,
    baseModelName: 'base',
    adapter: { rank: 4, alpha: 8, dropout: 0, targetModules: [...trainableModules(base.config)] },
    initialAdapter: null,
    learningRate: 2e-3,
    weightDecay: 0.01,
    warmupSteps: 2,
    maxGradientNorm: 1,
    sequenceLength: SEQUENCE,
    rows: 1,
    accumulation: 2,
    budgetMs: 600_000,
    firstEpoch: 'shuffled',
    maxEpochs: 1,
    validationTokens: null,
    patience: 100,
    checkpointEveryMs: 600_000,
    seed: 5,
    threads: 1,
    device: 'cpu',
    precision: 'float32',
    memoryBudgetBytes: 0,
    maxGeneralLossRise: null,
    ...given,
  });
  const data = sequences(base.tokenizer.vocabularySize, examples);
  await directory.writeData(data);
  return { directory, settings, data, base, [Symbol.asyncDispose]: () => base[Symbol.asyncDispose]() };
}

/** What starts an engine in the Python that CI made for the comparisons. */
export function enginesHere(name: PythonEngineName): (runDirectory: string) => Promise<EngineCommand> {
  const enginePython = pythonOf(name);
  const garden = { paths: new GardenPaths('/nowhere'), settings: { enginePython } };
  return (runDirectory) => engineCommand(name, garden, runDirectory);
}

/** GARDENER_PYTHON has what peft needs, GARDENER_MLX_PYTHON what mlx needs. */
export function pythonOf(name: PythonEngineName): string {
  return (name === 'peft' ? process.env.GARDENER_PYTHON : process.env.GARDENER_MLX_PYTHON) ?? 'python3';
}

/** All that an engine in Python says of a run. */
export async function trainInPython(
  name: PythonEngineName,
  { directory, ...opened }: ReadyRun,
  signal: AbortSignal = new AbortController().signal,
  onEvent: (event: EngineEvent) => void = () => undefined,
): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  const engine = pythonEngine(name, enginesHere(name));
  for await (const event of engine.run(directory, { ...opened, courtesy: {} }, signal)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

/** What our own trainer makes of the same run in float32. */
export async function trainHere({ settings, data, base }: ReadyRun) {
  const { learningRate, warmupSteps, weightDecay, maxGradientNorm } = settings;
  const { sequenceLength, rows, accumulation, patience, budgetMs, maxEpochs, firstEpoch, seed } = settings;
  const losses: number[] = [];
  const training = train({
    base,
    examples: data.train,
    validation: data.validation,
    adapter: settings.adapter,
    optimizer: { learningRate, warmupSteps, weightDecay, maxGradientNorm },
    batch: { sequenceLength, rows, accumulation },
    evaluation: { patience },
    budgetMs,
    maxEpochs,
    firstEpoch,
    seed,
    machine: { precision: 'float32' },
  });
  for await (const event of training) {
    if (event.type === 'step-end') losses.push(event.loss);
  }
  return { losses, adapter: (await training.result()).adapter };
}

/** The losses of the steps. */
export function lossesOf(events: readonly EngineEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'step-end' ? [event.loss ?? Number.NaN] : []));
}

/** Sequences with a rule that can be learned, in examples that fill a row or half of one; some are no targets. */
function sequences(vocabularySize: number, { train = 32, validation = 4 }: Examples): RunData {
  const random = seededRandom(3, 'engines');
  const period = Math.min(61, vocabularySize);
  const examples = (count: number): SupervisedExample[] =>
    Array.from({ length: count }, (_, index) => {
      const length = index % 4 === 0 ? SEQUENCE : SEQUENCE / 2 - (index % 3);
      const first = Math.floor(random() * period);
      return {
        tokens: Int32Array.from({ length }, (_, place) => (first + 7 * place) % period),
        supervised: Uint8Array.from({ length }, (_, place) => (index % 5 === 1 && place < 9 ? 0 : 1)),
      };
    });
  const files = Array.from({ length: 20 }, (_, i) => testFile(`src/${i}.py`));
  const { manifest } = makeExamples(files, testBase, { seed: 1, sequenceLength: 512 });
  const sides = { train: examples(train), validation: examples(validation) };
  return {
    ...sides,
    heldOut: [],
    questions: [],
    uses: { questions: [], places: [], validation: [] },
    manifest: { ...manifest, hash: hashSides(sides.train, sides.validation, []) },
  };
}
