import type { BaseModel, LoraAdapter, SupervisedExample } from '@codebase-gardener/lora';
import { z } from 'zod';
import { continuedText, encodeGap } from '../../../models/runtime/fill-in-the-middle.js';
import { countTokens } from '../../data/count-tokens.js';
import { type GapBase, gapBase } from '../../data/gaps/gap-examples.js';
import type { CompletionPlace, CompletionQuestion } from '../../data/known/completion-places.js';
import { meanNll } from '../statistics/file-sums.js';
import { bootstrapInterval } from '../statistics/statistics.js';

const lossesSchema = z.object({ retrieved: z.number(), alone: z.number() });

/** Whether related code is shown for completions, and why. */
export const retrievalChoiceSchema = z.object({
  /** To the adapter, and to the base where that completes. */
  adapter: z.boolean(),
  base: z.boolean(),
  /** One plain sentence. */
  reason: z.string(),
  /** Places of validation files that it was chosen on; 0 where nothing was compared. */
  places: z.number().int(),
  /** Nats per token of what was really written there; null where nothing was compared. */
  losses: z.object({ adapter: lossesSchema, base: lossesSchema }).nullable(),
});

/** See `retrievalChoiceSchema`. */
export type RetrievalChoice = z.infer<typeof retrievalChoiceSchema>;

/** Fewer places than this tell nothing. */
const MIN_PLACES = 8;
/** One standard error on either side. */
const ONE_ERROR = 0.68;

/** What is compared, and how long it may take. */
export interface RetrievalOptions {
  base: BaseModel;
  /** At the strength that it will have. */
  adapter: LoraAdapter;
  /** Places of files that neither training nor the gate takes. */
  places: readonly CompletionPlace[];
  seed: number;
  threads: number;
  limitMs: number;
  /** As measured when the base was scored. */
  msPerToken: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Compares completions with related code and without by the loss of what was really written at places of validation
 * files, which says more of few places than whether they are right. Related code is shown unless the loss is higher
 * with it by more than one standard error, for the adapter and for the base.
 */
export async function chooseRetrieval(options: RetrievalOptions): Promise<RetrievalChoice> {
  const { base, adapter, places, threads, signal, onProgress } = options;
  const gaps = gapBase(base.tokenizer);
  const rows = places.map((place) => ({
    path: place.path,
    retrieved: placeRow(place.retrieved, place.text, gaps),
    alone: placeRow(place.alone, place.text, gaps),
  }));
  const affordable = options.limitMs / options.msPerToken / 2;
  const chosen = firstThatFit(rows, affordable);
  if (chosen.length < MIN_PLACES) return asUsual(rows.length);
  const examples = chosen.flatMap(({ retrieved, alone }) => [retrieved, alone]);
  const { loadFrozenWeights, scoreExamples } = await import('@codebase-gardener/lora');
  const frozen = await loadFrozenWeights(base);
  const lossesOf = async (side: LoraAdapter | null, before: number): Promise<PlaceLoss[]> => {
    const scores = await scoreExamples(base, side, examples, {
      frozen,
      sequenceLength: Math.max(...examples.map(({ tokens }) => tokens.length)),
      ...(threads > 0 && { threads }),
      ...(signal && { signal }),
      onProgress: (share) => onProgress?.(Math.round((before + share) * 100), 200),
    });
    return chosen.map(({ path, retrieved, alone }, index) => ({
      path,
      tokens: retrieved.supervised.reduce((sum, bit) => sum + bit, 0),
      retrieved: meanNll([retrieved], scores.slice(2 * index, 2 * index + 1)),
      alone: meanNll([alone], scores.slice(2 * index + 1, 2 * index + 2)),
    }));
  };
  const ofAdapter = await lossesOf(adapter, 0);
  const ofBase = await lossesOf(null, 1);
  return bestRetrieval({ adapter: ofAdapter, base: ofBase }, options.seed);
}

/** The losses at one place, nats per token of what was really written there. */
export interface PlaceLoss {
  path: string;
  tokens: number;
  retrieved: number;
  alone: number;
}

/** Decides from the losses. Pure. */
export function bestRetrieval(
  losses: { adapter: readonly PlaceLoss[]; base: readonly PlaceLoss[] },
  seed: number,
): RetrievalChoice {
  const [adapter, base] = [helps(losses.adapter, seed), helps(losses.base, seed)];
  const means = { adapter: meanLosses(losses.adapter), base: meanLosses(losses.base) };
  const said = ({ retrieved, alone }: { retrieved: number; alone: number }) =>
    `${retrieved.toFixed(3)} with it, ${alone.toFixed(3)} without`;
  const verb = (on: boolean) => (on ? 'is shown' : 'is not shown');
  const places = losses.adapter.length;
  return {
    ...{ adapter, base, places, losses: means },
    reason:
      `Related code ${verb(adapter)} to the adapter for completions: its loss at ${places} places of validation files ` +
      `is ${said(means.adapter)}; it ${verb(base)} to the base (${said(means.base)}).`,
  };
}

/** Whether related code does no harm beyond one standard error, by file. */
function helps(losses: readonly PlaceLoss[], seed: number): boolean {
  const files = new Map<string, { sum: number; tokens: number }>();
  for (const { path, tokens, retrieved, alone } of losses) {
    const file = files.get(path) ?? { sum: 0, tokens: 0 };
    files.set(path, { sum: file.sum + (retrieved - alone) * tokens, tokens: file.tokens + tokens });
  }
  const rise = (sample: readonly { sum: number; tokens: number }[]): number =>
    sample.reduce((total, { sum }) => total + sum, 0) /
    sample.reduce((total, { tokens }) => total + tokens, 0);
  return bootstrapInterval([...files.values()], rise, { seed, confidence: ONE_ERROR }).low <= 0;
}

function meanLosses(losses: readonly PlaceLoss[]): { retrieved: number; alone: number } {
  const tokens = losses.reduce((sum, place) => sum + place.tokens, 0);
  const mean = (of: 'retrieved' | 'alone') =>
    losses.reduce((sum, place) => sum + place[of] * place.tokens, 0) / tokens;
  return { retrieved: mean('retrieved'), alone: mean('alone') };
}

function asUsual(places: number): RetrievalChoice {
  const why =
    places < MIN_PLACES
      ? 'There are too few validation files to compare'
      : 'The budget left no time to compare';
  return {
    ...{ adapter: true, base: true, places: 0, losses: null },
    reason: `${why} completions with related code and without, so it is shown.`,
  };
}

/** A question with what was really written there, which alone is scored. */
export function placeRow(
  { prompt, suffix, place }: CompletionQuestion,
  text: string,
  { tokenizer, gapTokens }: GapBase,
): SupervisedExample {
  const encode = (part: string) => tokenizer.encode(part);
  const gap = { before: prompt, after: suffix, place };
  const fills = gapTokens !== null && suffix.trim() !== '';
  const given = fills ? encodeGap(encode, gapTokens, gap) : encode(continuedText(gap));
  const tokens = Int32Array.from([...given, ...encode(text)]);
  return { tokens, supervised: new Uint8Array(tokens.length).fill(1, given.length) };
}

/** The first rows that may be computed in the time, once with each prompt. */
function firstThatFit<Row extends { retrieved: SupervisedExample; alone: SupervisedExample }>(
  rows: readonly Row[],
  maxTokens: number,
): Row[] {
  let left = maxTokens;
  const end = rows.findIndex(({ retrieved, alone }) => {
    left -= countTokens([retrieved, alone]);
    return left < 0;
  });
  return end < 0 ? [...rows] : rows.slice(0, end);
}
