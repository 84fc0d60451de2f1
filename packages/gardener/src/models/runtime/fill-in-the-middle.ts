import { GardenerError } from '../../garden/errors/garden-error.js';

/** The tokens between which a base model fills a gap in. */
export interface GapTokens {
  prefix: number;
  suffix: number;
  /** Before the filling; null where the model begins right after the text before the gap. */
  middle: number | null;
}

/**
 * How families of models spell them: text before the gap, text after it, filling. Qwen2.5-Coder (also Granite 3, Seed);
 * StarCoder and StarCoder2 (also Granite Code, SmolLM's code variants); CodeLlama; DeepSeek-Coder; CodeGemma shares
 * Qwen's; Codestral has no token for the middle and wants the text after the gap first.
 */
const spellings: readonly { prefix: string; suffix: string; middle: string | null }[] = [
  { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' },
  { prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>' },
  { prefix: '<fim-prefix>', suffix: '<fim-suffix>', middle: '<fim-middle>' },
  { prefix: '▁<PRE>', suffix: '▁<SUF>', middle: '▁<MID>' },
  { prefix: '<｜fim▁begin｜>', suffix: '<｜fim▁hole｜>', middle: '<｜fim▁end｜>' },
  { prefix: '[PREFIX]', suffix: '[SUFFIX]', middle: null },
];

/**
 * The fill-in-the-middle tokens of a vocabulary, by their names; null where it has none.
 * @param vocabulary the texts of all tokens, `tokenizer.ggml.tokens` of a GGUF
 */
export function findGapTokens(vocabulary: unknown): GapTokens | null {
  if (!Array.isArray(vocabulary)) return null;
  for (const { prefix, suffix, middle } of spellings) {
    const found: GapTokens = {
      prefix: vocabulary.indexOf(prefix),
      suffix: vocabulary.indexOf(suffix),
      middle: middle === null ? null : vocabulary.indexOf(middle),
    };
    if (found.prefix >= 0 && found.suffix >= 0 && (found.middle ?? 0) >= 0) return found;
  }
  return null;
}

/**
 * The tokens of a prompt whose continuation is the filling.
 * @param encode gives ordinary tokens only
 * @throws GardenerError `models.no-fill-in-the-middle`
 */
export function encodeGap(
  encode: (text: string) => Int32Array,
  tokens: GapTokens | null,
  before: string,
  after: string,
): Int32Array {
  if (tokens === null) throw noFillInTheMiddle();
  const { prefix, suffix, middle } = tokens;
  return middle === null
    ? Int32Array.from([suffix, ...encode(after), prefix, ...encode(before)])
    : Int32Array.from([prefix, ...encode(before), suffix, ...encode(after), middle]);
}

/** The error of a base model that can only continue a text. */
export function noFillInTheMiddle(): GardenerError {
  return new GardenerError(
    'models.no-fill-in-the-middle',
    'This base model cannot fill a gap in: it has no fill-in-the-middle tokens.',
    {
      remedy:
        'Leave the suffix out, or choose a base model made for code, such as qwen2.5-coder-0.5b-instruct.',
    },
  );
}
