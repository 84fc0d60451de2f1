import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { unsupported } from './sentence-config.js';

/** Encodes texts for a sentence encoder of any family. */
export interface SentenceTokenizer {
  /**
   * The text's tokens between the special tokens that the model puts around every text.
   * @param maxTokens longest result; tokens of the text beyond it are dropped
   */
  encode(text: string, maxTokens: number): number[];
  readonly padToken: number;
}

/** Fills the longest input of any model here, whatever the language. */
const MAX_TEXT_LENGTH = 50_000;
const PAD_NAMES = ['[PAD]', '<pad>', '<|endoftext|>', '</s>'];

/**
 * The tokenizer of a tokenizer.json (already parsed): WordPiece, BPE or Unigram.
 * @throws LoraError `transformer.unsupported-encoder`
 */
export function sentenceTokenizer(json: unknown, config: Record<string, unknown>): SentenceTokenizer {
  if (typeof json !== 'object' || json === null) throw unsupported('its tokenizer.json is no object');
  let tokenizer: HuggingFaceTokenizer;
  try {
    // The file's own truncation and padding are left out: cutting is done here, padding in batches.
    tokenizer = new HuggingFaceTokenizer({ ...json, truncation: null, padding: null }, config);
    const [before, after] = surroundings(tokenizer);
    const pad = padToken(tokenizer, json as Record<string, unknown>, config);
    return {
      padToken: pad,
      encode(text, maxTokens) {
        const { ids } = tokenizer.encode(text.slice(0, MAX_TEXT_LENGTH), { add_special_tokens: false });
        const room = Math.max(0, maxTokens - before.length - after.length);
        return [...before, ...ids.slice(0, room), ...after];
      },
    };
  } catch (cause) {
    throw unsupported(`its tokenizer.json cannot be used (${String(cause).slice(0, 100)})`);
  }
}

/** The special tokens before and behind a text, found by encoding one with and without them. */
function surroundings(tokenizer: HuggingFaceTokenizer): [number[], number[]] {
  const plain: number[] = tokenizer.encode('text', { add_special_tokens: false }).ids;
  const whole: number[] = tokenizer.encode('text', { add_special_tokens: true }).ids;
  for (let start = 0; start + plain.length <= whole.length; start++) {
    if (plain.every((id, i) => whole[start + i] === id))
      return [whole.slice(0, start), whole.slice(start + plain.length)];
  }
  throw new Error('its special tokens are not around the text');
}

function padToken(
  tokenizer: HuggingFaceTokenizer,
  json: Record<string, unknown>,
  config: Record<string, unknown>,
): number {
  const padding = json.padding as { pad_id?: unknown } | null | undefined;
  if (typeof padding?.pad_id === 'number') return padding.pad_id;
  const named = config.pad_token;
  const content =
    typeof named === 'object' && named !== null ? (named as { content?: unknown }).content : named;
  for (const name of [content, ...PAD_NAMES]) {
    const id = typeof name === 'string' ? tokenizer.token_to_id(name) : undefined;
    if (typeof id === 'number') return id;
  }
  // Masked out in any case; it only has to be an id of the vocabulary.
  return 0;
}
