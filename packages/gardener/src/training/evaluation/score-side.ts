import type {
  BaseModel,
  ExampleScore,
  FrozenWeights,
  LoraAdapter,
  SupervisedExample,
} from '@codebase-gardener/lora';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import { countTokens } from '../data/count-tokens.js';
import { generalCodeExamples } from '../data/general-code-examples.js';
import type { RunData } from '../data/run-data.js';
import { chooseRows } from './choose-rows.js';
import { countVerbatim, trainedPassages } from './memorisation.js';
import { measureParity } from './parity.js';
import { countStrings, trainedStrings } from './random-strings.js';
import type { SideScores } from './side-scores.js';
import { meanNll, rowsOf, sumByFile } from './statistics/file-sums.js';
import { measureStopping } from './stopping.js';
import { measureUses } from './uses/measure-uses.js';
import type { UseScores } from './uses/use-scores.js';

/**
 * Of the time in llama.cpp, at most this share goes into comparing tokens, and so much into seeing that answers end;
 * what people use the product for has the rest.
 */
const PARITY_TIME_SHARE = 0.15;
const STOPPING_TIME_SHARE = 0.2;
/** What may be learned by heart is looked at where it takes no more than this share of the scoring. */
const RECITAL_SHARE = 0.25;

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
 * Scores one model: held-out loss, exact lines and exactly filled gaps by our own forward; then, in llama.cpp, which
 * serves, parity, stopping, and completions and answers as the product makes them.
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
  const maxTokens = speed.tokensPerMs * leftMs;
  const { passages, strings } = recitals(options, maxTokens);
  const byHeart = [...passages, ...strings];
  const chosen = chooseRows(data, maxTokens - countTokens(byHeart), options.like ?? null);
  const windows = chosen.flatMap(({ examples }) => examples);
  const scores = await score(options, frozen, rowsOf(chosen), (done, total) =>
    onProgress?.('scoring held-out code', done, total),
  );
  const files = sumByFile(chosen, scores, options.base.tokenizer);
  const recited = await score(options, frozen, byHeart, (done, total) =>
    onProgress?.('looking for what is learned by heart', done, total),
  );
  const scored = performance.now();

  let stopped: boolean[] | null = null;
  let parity: SideScores['parity'] = null;
  let uses: UseScores | null = null;
  if (options.startRuntime !== null) {
    onProgress?.('starting llama.cpp', 0, null);
    const runtime = await options.startRuntime();
    try {
      const limitMs = options.servingLimitMs ?? Number.POSITIVE_INFINITY;
      const shared = options.signal ? { signal: options.signal } : {};
      parity = await measureParity(runtime, options.adapterFile, windows, scores, {
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
          limitMs: Math.min(limitMs * STOPPING_TIME_SHARE, limitMs - (performance.now() - scored)),
          onProgress: (done, total) => onProgress?.('asking questions', done, total),
        },
      );
      // A side that was scored by an older version has nothing to be compared with.
      if (options.like?.uses !== null) {
        uses = await measureUses(runtime, options.adapterFile, data.uses, {
          ...shared,
          ...(options.like && { like: options.like.uses }),
          limitMs: limitMs - (performance.now() - scored),
          onProgress: (label, done, total) => onProgress?.(label, done, total),
        });
      }
    } finally {
      await runtime.dispose();
    }
  }
  return {
    files,
    generalLoss: measureGeneral ? meanNll(general, generalScores) : null,
    memorised:
      passages.length > 0
        ? { verbatim: countVerbatim(recited.slice(0, passages.length)), passages: passages.length }
        : null,
    strings:
      strings.length > 0
        ? { written: countStrings(strings, recited.slice(passages.length)), of: strings.length }
        : null,
    stopped,
    parity,
    editSimilarity: null,
    gapSimilarity: null,
    uses,
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

/** What may be learned by heart. */
interface Recitals {
  passages: SupervisedExample[];
  strings: SupervisedExample[];
}

const NOTHING: Recitals = { passages: [], strings: [] };

/** What may be learned by heart, where it was looked at in the other side or there is time for it. */
function recitals({ base, data, like, measureGeneral = true }: SideOptions, maxTokens: number): Recitals {
  const isAsked = like === undefined || like.memorised !== null || like.strings !== null;
  if (!measureGeneral || !isAsked) return NOTHING;
  const passages = trainedPassages(data.train, data.manifest.seed);
  const strings = trainedStrings(data.train, base.tokenizer, data.manifest.seed);
  const fits = like !== undefined || countTokens([...passages, ...strings]) <= maxTokens * RECITAL_SHARE;
  return fits ? { passages, strings } : NOTHING;
}
