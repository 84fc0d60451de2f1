import type {
  BaseModel,
  ExampleScore,
  FrozenWeights,
  LoraAdapter,
  SupervisedExample,
  TransformerConfig,
} from '@codebase-gardener/lora';
import { gapBase } from '../../data/gaps/gap-examples.js';
import type { CompareProtocol, MeasuredBase } from './compare-protocol.js';
import { gapRow } from './compared-gaps.js';
import { measureTraining } from './measure-training.js';
import { type EncodedText, encodeText, scoreText, type TextScore } from './text-scores.js';

type Input = CompareProtocol['jobs']['measure']['input'];
type Progress = (label: string, done: number, total: number | null) => void;

/** Tokens of the first texts, from which it is seen how fast the base is; fewer are never scored at once. */
const FIRST_TOKENS = 1_000;
/** Of the time that is left, so much is planned for: a machine is not equally fast all the time. */
const PLANNED_SHARE = 0.85;
/** Steps of training that have to fit into its time, at about the speed of scoring. */
const LEAST_STEPS = 2;
/** A row holds the longest text; rows of very few tokens would be slow. */
const MIN_ROW_TOKENS = 256;
const ROW_STEP = 64;
/** llama.cpp keeps keys and values as float16. */
const KEPT_VALUE_BYTES = 2;
/** Fewer gaps than this say nothing. */
const LEAST_GAPS = 10;

/**
 * Measures one base, and its adapter on the same texts. Opens the base, so it belongs in a process of its own.
 * @throws LoraError `weights.*`, `transformer.*`, `train.aborted`
 */
export async function measureBase(
  input: Input,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<MeasuredBase> {
  const { loadBaseModel, loadFrozenWeights, trainingMemory } = await import('@codebase-gardener/lora');
  onProgress('opening', 0, null);
  // The hash stays in here, where nobody asks for it.
  await using base = await loadBaseModel(input.weights, { weightsHash: '' });
  const encoded = input.texts.map((text) => encodeText(text, base.tokenizer));
  const side = { base, frozen: await loadFrozenWeights(base), threads: input.shape.threads, signal };
  const { adapter, problem } = await openAdapter(input.adapter, base);

  // An adapter's scoring takes about as long as its base's.
  const limitMs = input.scoringMs / (adapter === null ? 1 : 2);
  const own = await scoreAffordable(side, encoded, limitMs, (done) => onProgress('scoring', done, null));
  const adapted =
    adapter === null
      ? null
      : await scoreAll({ ...side, adapter }, encoded.slice(0, own.scores.length), (done) =>
          onProgress('scoring with its adapter', done, own.scores.length),
        );
  const gaps = await scoreGaps({ ...side, adapter }, input, own.tokensPerSecond, onProgress);
  const { rank, sequenceLength } = input.shape;
  // Steps that would not end in their time are not begun: to load the weights for them takes as long again.
  const isSlow = (LEAST_STEPS * sequenceLength * 1000) / own.tokensPerSecond > input.trainingMs;
  if (!isSlow) onProgress('training a few steps', 0, null);
  const examples = encoded.slice(0, own.scores.length).map(({ example }) => example);
  return {
    base: own.scores,
    adapter: adapted,
    gaps,
    adapterProblem: problem,
    scoringTokensPerSecond: own.tokensPerSecond,
    trainingTokensPerSecond: isSlow
      ? null
      : await measureTraining(base, examples, input.shape, input.trainingMs, signal),
    trainingMemoryBytes: Math.ceil(
      await trainingMemory({ base, adapter: { rank }, batch: { sequenceLength, rows: 1 } }),
    ),
    contextMemoryBytes: contextBytes(base.config, input.contextTokens),
  };
}

/** Fills as many gaps as the time allows, and some at least, with the base and with its adapter. */
async function scoreGaps(
  side: Side,
  { gaps, gapMs }: Input,
  tokensPerSecond: number,
  onProgress: Progress,
): Promise<MeasuredBase['gaps']> {
  const own = gapBase(side.base.tokenizer);
  if (own.gapTokens === null || gaps.length === 0) return null;
  const rows = gaps.map((gap) => gapRow(gap, own));
  const adapter = side.adapter ?? null;
  const affordable = (gapMs / (adapter === null ? 1 : 2) / 1000) * tokensPerSecond;
  const taken = takeTokens(
    rows.map((example) => ({ example })),
    affordable,
  );
  const chosen = rows.slice(0, Math.max(LEAST_GAPS, taken.length));
  const filled = async (adapter: LoraAdapter | null, label: string): Promise<boolean[]> => {
    const scores = await scoreRows({ ...side, adapter }, chosen, (done) =>
      onProgress(label, done, chosen.length),
    );
    return chosen.map(({ supervised }, row) =>
      supervised.every((isOwn, at) => isOwn === 0 || scores[row]?.top1Correct[at] === 1),
    );
  };
  const base = await filled(null, 'filling gaps');
  return { base, adapter: adapter === null ? null : await filled(adapter, 'filling gaps with its adapter') };
}

/** An adapter that cannot be read leaves the base to be measured alone. */
async function openAdapter(
  saved: Input['adapter'],
  base: BaseModel,
): Promise<{ adapter: LoraAdapter | null; problem: string | null }> {
  if (saved === null) return { adapter: null, problem: null };
  const { LoraError, readPeftAdapter, scaleAdapter } = await import('@codebase-gardener/lora');
  try {
    const adapter = await readPeftAdapter(saved.directory, base.config);
    return { adapter: scaleAdapter(adapter, saved.strength), problem: null };
  } catch (error) {
    if (!LoraError.isInstance(error)) throw error;
    return { adapter: null, problem: error.message };
  }
}

/** A model and how it is scored. */
interface Side {
  base: BaseModel;
  frozen: FrozenWeights;
  adapter?: LoraAdapter | null;
  threads: number;
  signal: AbortSignal;
}

/**
 * Scores as many texts, from the first on, as the time allows; the first few always. It goes in growing portions: each
 * reads the whole base once, which a large portion hardly feels, so that every portion is faster than the one before
 * said.
 */
async function scoreAffordable(
  side: Side,
  texts: readonly EncodedText[],
  limitMs: number,
  onProgress: (done: number) => void,
): Promise<{ scores: TextScore[]; tokensPerSecond: number }> {
  const start = performance.now();
  const scores: TextScore[] = [];
  let best = 0;
  let wantedTokens = FIRST_TOKENS;
  while (scores.length < texts.length && wantedTokens >= FIRST_TOKENS) {
    const portion = takeTokens(texts.slice(scores.length), wantedTokens);
    const started = performance.now();
    const done = scores.length;
    scores.push(...(await scoreAll(side, portion, (more) => onProgress(done + more))));
    const now = performance.now();
    best = Math.max(best, countTokens(portion) / Math.max(1, now - started));
    wantedTokens = best * (limitMs - (now - start)) * PLANNED_SHARE;
  }
  return { scores, tokensPerSecond: best * 1000 };
}

async function scoreAll(
  side: Side,
  texts: readonly EncodedText[],
  onProgress: (done: number) => void,
): Promise<TextScore[]> {
  const examples = texts.map(({ example }) => example);
  const scores = await scoreRows(side, examples, onProgress);
  return texts.flatMap((text, index) => {
    const score = scores[index];
    return score === undefined ? [] : [scoreText(text, score)];
  });
}

async function scoreRows(
  { base, frozen, adapter, threads, signal }: Side,
  examples: readonly SupervisedExample[],
  onProgress: (done: number) => void,
): Promise<ExampleScore[]> {
  const { scoreExamples } = await import('@codebase-gardener/lora');
  const longest = Math.max(...examples.map(({ tokens }) => tokens.length));
  return scoreExamples(base, adapter ?? null, examples, {
    frozen,
    sequenceLength: Math.max(MIN_ROW_TOKENS, Math.ceil(longest / ROW_STEP) * ROW_STEP),
    rows: 1,
    ...(threads > 0 ? { threads } : {}),
    signal,
    onProgress: (share) => onProgress(Math.round(share * examples.length)),
  });
}

/** The first texts, at least one, that have no more tokens together than wanted. */
function takeTokens<Row extends Pick<EncodedText, 'example'>>(texts: readonly Row[], wanted: number): Row[] {
  let tokens = 0;
  const end = texts.findIndex(({ example }, index) => {
    tokens += example.tokens.length;
    return index > 0 && tokens > wanted;
  });
  return texts.slice(0, end < 0 ? texts.length : end);
}

function countTokens(texts: readonly EncodedText[]): number {
  return texts.reduce((sum, { example }) => sum + example.tokens.length, 0);
}

function contextBytes(
  { blockCount, keyValueHeadCount, headSize, contextLength }: TransformerConfig,
  contextTokens: number,
): number {
  const tokens = Math.min(contextTokens, contextLength);
  return 2 * blockCount * keyValueHeadCount * headSize * tokens * KEPT_VALUE_BYTES;
}
