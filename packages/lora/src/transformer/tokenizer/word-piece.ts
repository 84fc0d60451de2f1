import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { unsupportedTokenizer } from './tokenizer-engine.js';

/** Encodes text for a BERT-like sentence encoder. */
export interface WordPieceEncoder {
  /**
   * [CLS], the text's word pieces, [SEP]. Special-token markup in the text is not recognised.
   * @param maxTokens longest result, both ends included; pieces beyond it are dropped. At least 2.
   */
  encode(text: string, maxTokens: number): Int32Array;
  readonly padToken: number;
  readonly vocabularySize: number;
}

const MAX_TOKENS = 1_048_576;
/** A word piece takes at most 100 characters, so this much text always fills the longest sequence of 512 tokens. */
const MAX_TEXT_LENGTH = 100_000;
const ASTRAL_HAN = /[\u{20000}-\u{2fa1f}]/gu;

/**
 * The WordPiece tokenizer of a BERT-like model's `tokenizer.json` (already parsed), as all-MiniLM-L6-v2 has it.
 * @throws LoraError `transformer.unsupported-tokenizer`
 */
export function wordPieceFromJson(json: unknown): WordPieceEncoder {
  const { model, normalizer } = (json ?? {}) as { model?: Record<string, unknown>; normalizer?: unknown };
  const vocabulary = model?.vocab;
  if (model?.type !== 'WordPiece' || typeof vocabulary !== 'object' || vocabulary === null) {
    throw unsupportedTokenizer('it is not WordPiece');
  }
  const entries = Object.entries(vocabulary);
  if (entries.length > MAX_TOKENS || entries.some(([, id]) => !isTokenId(id))) {
    throw unsupportedTokenizer('its vocabulary has impossible ids');
  }
  const ids = new Map<string, number>(entries);
  const id = (token: string): number => {
    const found = ids.get(token);
    if (found === undefined) throw unsupportedTokenizer(`it has no ${token} token`);
    return found;
  };
  const begin = id('[CLS]');
  const end = id('[SEP]');
  const tokenizer = build(model, normalizer);
  return {
    padToken: id('[PAD]'),
    vocabularySize: entries.length,
    encode(text, maxTokens) {
      const pieces = tokenizer.encode(prepare(text), { add_special_tokens: false }).ids;
      return Int32Array.from([begin, ...pieces.slice(0, Math.max(0, maxTokens - 2)), end]);
    },
  };
}

function build(model: Record<string, unknown>, normalizer: unknown): HuggingFaceTokenizer {
  const json = {
    model: { continuing_subword_prefix: '##', unk_token: '[UNK]', ...model },
    normalizer: normalizer ?? null,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: null,
    post_processor: null,
    added_tokens: [],
  };
  try {
    return new HuggingFaceTokenizer(json, {});
  } catch (cause) {
    throw unsupportedTokenizer('its description cannot be used', cause);
  }
}

/** Two places where the library differs from Hugging Face's Rust: Han characters beyond U+FFFF, and a final sigma. */
function prepare(text: string): string {
  const head = text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
  return head.replace(ASTRAL_HAN, ' $& ').replaceAll('Σ', 'σ');
}

function isTokenId(id: unknown): boolean {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MAX_TOKENS;
}
