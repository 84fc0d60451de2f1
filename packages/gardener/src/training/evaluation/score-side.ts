import type {
  BaseModel,
  ExampleScore,
  FrozenWeights,
  LoraAdapter,
  SupervisedExample,
} from '@codebase-gardener/lora';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import { generalCodeExamples } from '../data/general-code-examples.js';
import type { RunData } from '../data/run-data.js';
import { measureParity } from './parity.js';
import type { SideScores } from './side-scores.js';
import { measureStopping } from './stopping.js';

/** At most this share of the time in llama.cpp goes into comparing tokens; the questions have the rest. */
const PARITY_TIME_SHARE = 0.4;

/** What is measured, and how. */
export interface SideOptions {
  base: BaseModel;
  /** Null for the base model alone. */
  adapter: LoraAdapter | null;
  /** The same adapter as llama.cpp reads it. */
  adapterFile: string | null;
  data: RunData;
  /** Starts llama.cpp on the base; null leaves stopping and parity out. */
  startRuntime: (() => Promise<GenerationRuntime>) | null;
  /**
   * The scores of the other side, if it was measured before: exactly the same windows are scored, and no more
   * questions asked. Otherwise as much is scored as the time limit allows.
   */
  like?: SideScores;
  /** Scoring should take no longer than this; fewer windows are scored where it would. Defaults to no limit. */
  scoringLimitMs?: number;
  /**
   * What is measured in llama.cpp, parity and stopping, should take no longer than this together. Defaults to no limit.
   */
  servingLimitMs?: number;
  /** Whether general code is scored too. Defaults to true. */
  measureGeneral?: boolean;
  /** Positions compared with llama.cpp. Defaults to 1,000. */
  parityPositions?: number;
  threads: number;
  signal?: AbortSignal;
  /** `total` is null while it cannot be told. */
  onProgress?: (label: string, done: number, total: number | null) => void;
}

/**
 * Scores one model: held-out loss and exact match by our own forward, then parity and stopping in llama.cpp, which
 * serves.
 */
export async function scoreSide(options: SideOptions): Promise<SideScores> {
  const start = performance.now();
  const { data, onProgress } = options;
  // Heavy, and not needed where only the types are.
  const { loadFrozenWeights } = await import('@codebase-gardener/lora');
  const frozen = await loadFrozenWeights(options.base);
  const { measureGeneral = true } = options;
  const general = measureGeneral
    ? generalCodeExamples(options.base.tokenizer, data.manifest.sequenceLength).flat()
    : [];
  const speed = new Speedometer(countTokens(general));
  const generalScores = await score(options, frozen, general, (done, total) => {
    speed.reached(done / total);
    onProgress?.('scoring general code', done, total);
  });
  const leftMs = (options.scoringLimitMs ?? Number.POSITIVE_INFINITY) - (performance.now() - start);
  const perFile =
    options.like?.files.map(({ examples }) => examples) ??
    affordableExamples(data, speed.tokensPerMs * leftMs);
  const chosen = data.heldOut.map((file, index) => file.examples.slice(0, perFile[index] ?? 0));
  const scores = await score(options, frozen, chosen.flat(), (done, total) =>
    onProgress?.('scoring held-out code', done, total),
  );
  const files = sumByFile(data, chosen, scores);
  const scored = performance.now();

  let stopped: boolean[] | null = null;
  let parity: SideScores['parity'] = null;
  if (options.startRuntime !== null) {
    onProgress?.('starting llama.cpp', 0, null);
    const runtime = await options.startRuntime();
    try {
      const limitMs = options.servingLimitMs ?? Number.POSITIVE_INFINITY;
      const shared = options.signal ? { signal: options.signal } : {};
      parity = await measureParity(runtime, options.adapterFile, chosen.flat(), scores, {
        ...shared,
        positions: options.parityPositions ?? 1_000,
        limitMs: limitMs * PARITY_TIME_SHARE,
        onProgress: (done, total) => onProgress?.('comparing with llama.cpp', done, total),
      });
      stopped = await measureStopping(
        runtime,
        options.adapterFile,
        data.questions.slice(0, options.like?.stopped?.length),
        {
          ...shared,
          limitMs: limitMs - (performance.now() - scored),
          onProgress: (done, total) => onProgress?.('asking questions', done, total),
        },
      );
    } finally {
      await runtime.dispose();
    }
  }
  return {
    files,
    generalLoss: measureGeneral ? meanNll(general, generalScores) : null,
    stopped,
    parity,
    editSimilarity: null,
    durationMs: { scoring: scored - start, serving: performance.now() - scored },
  };
}

/** Tokens per millisecond between the first and the last report: without what it takes to start. */
class Speedometer {
  #first: { share: number; at: number } | null = null;
  tokensPerMs = Number.POSITIVE_INFINITY;

  constructor(private readonly tokens: number) {}

  reached(share: number): void {
    const at = performance.now();
    this.#first ??= { share, at };
    if (share > this.#first.share) {
      this.tokensPerMs = (this.tokens * (share - this.#first.share)) / Math.max(1, at - this.#first.at);
    }
  }
}

async function score(
  options: SideOptions,
  frozen: FrozenWeights,
  examples: readonly SupervisedExample[],
  onProgress: (done: number, total: number) => void,
): Promise<ExampleScore[]> {
  if (examples.length === 0) return [];
  const { scoreExamples } = await import('@codebase-gardener/lora');
  return scoreExamples(options.base, options.adapter, [...examples], {
    ...(options.threads > 0 ? { threads: options.threads } : {}),
    frozen,
    sequenceLength: options.data.manifest.sequenceLength,
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (share) => onProgress(Math.round(share * examples.length), examples.length),
  });
}

/** How many windows of each file fit: taken from the files in turn, so that every file stays in. At least one each. */
function affordableExamples(data: RunData, maxTokens: number): number[] {
  const counts = data.heldOut.map(() => 0);
  let tokens = 0;
  for (let turn = 0; ; turn++) {
    let took = false;
    for (const [index, { examples }] of data.heldOut.entries()) {
      const example = examples[turn];
      if (!example || (turn > 0 && tokens + example.tokens.length > maxTokens)) continue;
      counts[index] = turn + 1;
      tokens += example.tokens.length;
      took = true;
    }
    if (!took) return counts;
  }
}

function sumByFile(
  data: RunData,
  chosen: readonly SupervisedExample[][],
  scores: readonly ExampleScore[],
): SideScores['files'] {
  let next = 0;
  return data.heldOut.map((file, index) => {
    const examples = chosen[index] as SupervisedExample[];
    const own = scores.slice(next, next + examples.length);
    next += examples.length;
    const lines = file.lines.filter((line) => line.example < examples.length);
    const matched = lines.filter(({ example, start, end }) =>
      (own[example] as ExampleScore).top1Correct.subarray(start, end).every((correct) => correct === 1),
    );
    return {
      path: file.path,
      examples: examples.length,
      nll: examples.reduce((sum, example, i) => sum + sumNll(example, own[i] as ExampleScore), 0),
      tokens: examples.reduce((sum, example) => sum + countSupervised(example), 0),
      matchedLines: matched.length,
      lines: lines.length,
    };
  });
}

function meanNll(examples: readonly SupervisedExample[], scores: readonly ExampleScore[]): number {
  const sum = examples.reduce((total, example, i) => total + sumNll(example, scores[i] as ExampleScore), 0);
  return sum / examples.reduce((total, example) => total + countSupervised(example), 0);
}

function sumNll({ supervised }: SupervisedExample, { nll }: ExampleScore): number {
  let sum = 0;
  for (let i = 1; i < nll.length; i++) if (supervised[i] === 1) sum += nll[i] as number;
  return sum;
}

function countSupervised({ supervised }: SupervisedExample): number {
  let tokens = 0;
  for (let i = 1; i < supervised.length; i++) tokens += supervised[i] as number;
  return tokens;
}

function countTokens(examples: readonly SupervisedExample[]): number {
  return examples.reduce((sum, { tokens }) => sum + tokens.length, 0);
}
