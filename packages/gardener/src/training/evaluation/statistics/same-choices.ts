import type { BaseModel } from '@codebase-gardener/lora';
import { startLlamaCpp } from '../../../models/llama-cpp/llama-cpp.js';
import { GENERAL_CODE } from '../../data/general-code.js';

/** Places that are compared, and tokens of each text: several languages, in seconds. */
const POSITIONS = 96;
const TEXT_TOKENS = 33;
const CONTEXT_TOKENS = 256;

/** How closely two models agree that should be the same. */
export interface SameChoices {
  /** Places at which both choose the same next token, of `positions`. */
  same: number;
  positions: number;
  /** Loss of the first, nats a token. */
  loss: number;
  /** Loss of the second less that of the first, nats a token. */
  lossDifference: number;
}

/**
 * Whether the differences are those of rounding. llama.cpp multiplies the weights of a quantised base with 8-bit
 * activations and merged float16 weights with 16-bit ones, so where two tokens are almost equally likely the choice
 * may differ; measured on SmolLM2 Q4_1: 88 to 94 of 96 places and 0.03 nats. Merged at half its strength a strong
 * adapter is 0.12 nats off.
 */
export function areTheSame({ same, positions, lossDifference }: SameChoices): boolean {
  return same >= 0.85 * positions && Math.abs(lossDifference) <= 0.05;
}

/**
 * Lets llama.cpp judge the next token at each place of some general code, once with base and adapter (at a strength,
 * 1 by default), once with a model that should be the same.
 * @param options.positions how many places at least, where there is code for them; 96 unless given
 * @throws GardenerError `models.*`
 */
export async function sameChoices(
  base: BaseModel,
  adapterFile: string,
  mergedFile: string,
  options: {
    strength?: number;
    threads: number;
    signal?: AbortSignal;
    positions?: number;
    textTokens?: number;
  },
): Promise<SameChoices> {
  const sequences = generalCode(base, options);
  const ours = await scored(base.path, adapterFile, sequences, options);
  const theirs = await scored(mergedFile, null, sequences, options);
  const same = ours.filter(({ top }, place) => top === theirs[place]?.top).length;
  const loss = (places: typeof ours) =>
    places.reduce((sum, { logProbability }) => sum - logProbability, 0) / places.length;
  return { same, positions: ours.length, loss: loss(ours), lossDifference: loss(theirs) - loss(ours) };
}

/** The beginnings of texts in several languages, in tokens, until there are as many places as wanted. */
export function generalCode(
  base: BaseModel,
  { positions = POSITIONS, textTokens = TEXT_TOKENS }: { positions?: number; textTokens?: number } = {},
): number[][] {
  const sequences: number[][] = [];
  let places = 0;
  for (const { text } of GENERAL_CODE) {
    if (places >= positions) break;
    const tokens = [...base.tokenizer.encode(text)].slice(0, textTokens);
    if (tokens.length < 2) continue;
    sequences.push(tokens);
    places += tokens.length - 1;
  }
  return sequences;
}

async function scored(
  modelFile: string,
  adapter: string | null,
  sequences: readonly number[][],
  { strength = 1, threads, signal }: { strength?: number; threads: number; signal?: AbortSignal },
): Promise<{ top: number; logProbability: number }[]> {
  const runtime = await startLlamaCpp(modelFile, { threads, contextTokens: CONTEXT_TOKENS });
  try {
    const places: { top: number; logProbability: number }[] = [];
    for (const tokens of sequences) {
      const scores = await runtime.score({
        tokens,
        adapter,
        adapterStrength: strength,
        ...(signal && { signal }),
      });
      for (const [place, top] of scores.top1.entries())
        places.push({ top, logProbability: scores.logProbability[place] ?? Number.NaN });
    }
    return places;
  } finally {
    await runtime.dispose();
  }
}
