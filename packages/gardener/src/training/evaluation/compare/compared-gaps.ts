import type { SupervisedExample } from '@codebase-gardener/lora';
import { encodeGap, type Gap } from '../../../models/runtime/fill-in-the-middle.js';
import type { GapBase } from '../../data/gaps/gap-examples.js';
import { gapsInTurn } from '../../data/gaps/gap-rows.js';
import type { SplitFile } from '../../data/split/split.js';

/** A gap in a held-out file as every base is given it. */
export interface ComparedGap {
  path: string;
  gap: Gap;
  /** What stood there. */
  text: string;
}

/** Bytes around and in a gap, at most: some 150 to 250 tokens. */
const MAX_GAP_BYTES = 700;
/** More are never scored. */
const MAX_COMPARED_GAPS = 60;

/** Counts bytes instead of tokens, so that every base is given the same text. */
export const BYTES: GapBase = {
  tokenizer: {
    encode: (text) => Int32Array.from(Buffer.from(text)),
    decode: (bytes) => Buffer.from(Uint8Array.from(bytes)).toString(),
    vocabularySize: 256,
    encodeWithSpecials: (text) => Int32Array.from(Buffer.from(text)),
    endOfTurnToken: 0,
    beginToken: -1,
    addBegin: false,
  },
  gapTokens: { prefix: 0, suffix: 0, middle: 0, end: 0, repository: null },
  endToken: 0,
};

/** Draws gaps of held-out files in turn: however many of the first ones are scored, every file has its share. */
export function comparedGaps(files: readonly SplitFile[], repository: string, seed: number): ComparedGap[] {
  const options = { sequenceLength: MAX_GAP_BYTES, seed, repository };
  const perFile = gapsInTurn(files, MAX_COMPARED_GAPS, BYTES, options);
  const longest = Math.max(0, ...perFile.map((gaps) => gaps.length));
  return Array.from({ length: longest }, (_, turn) => perFile.flatMap((gaps) => gaps[turn] ?? []))
    .flat()
    .map(({ path, gap, text }) => ({ path, gap, text }));
}

/** A gap in a base's own spelling; supervised are the filling and the end token, as it would have to write them. */
export function gapRow(
  { gap, text }: ComparedGap,
  { tokenizer, gapTokens, endToken }: GapBase,
): SupervisedExample {
  const encode = (part: string) => tokenizer.encode(part);
  const prompt = encodeGap(encode, gapTokens, gap);
  const tokens = Int32Array.from([...prompt, ...encode(text), endToken]);
  return { tokens, supervised: new Uint8Array(tokens.length).fill(1, prompt.length) };
}
