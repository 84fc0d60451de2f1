import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { LoraError } from '../../errors.js';
import type { ModelTokenizer } from './tokenizer.js';

/** Longest text one call encodes, in UTF-16 units: far above any source file, well below what exhausts memory. */
const MAX_TEXT_LENGTH = 16 * 1024 * 1024;

/** Caps for hostile files: four times the largest vocabulary known (Gemma's 262 k) and its merges. */
export const MAX_TOKENS = 1_048_576;
export const MAX_MERGES = 2_097_152;

/** An added token of a tokenizer.json. */
export interface AddedToken {
  id: number;
  content: string;
  /** Special tokens are never recognised in user text. */
  special: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  normalized?: boolean;
}

/** A checked tokenizer.json, with what the tokenizer needs to know beside it. */
export interface TokenizerDescription {
  model: Record<string, unknown>;
  normalizer: unknown;
  preTokenizer: unknown;
  decoder: unknown;
  addedTokens: readonly AddedToken[];
  vocabularySize: number;
  beginToken: number;
  endOfTurnToken: number;
  addBegin: boolean;
}

/** Encodes and decodes with @huggingface/tokenizers, with special tokens recognised only where asked. */
class EngineTokenizer implements ModelTokenizer {
  readonly vocabularySize: number;
  readonly endOfTurnToken: number;
  readonly beginToken: number;
  readonly addBegin: boolean;
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly #plain: HuggingFaceTokenizer;
  readonly #withSpecials: HuggingFaceTokenizer;

  constructor(description: TokenizerDescription) {
    const special = description.addedTokens.filter((token) => token.special);
    const ordinary = description.addedTokens.filter((token) => !token.special);
    this.vocabularySize = description.vocabularySize;
    this.endOfTurnToken = description.endOfTurnToken;
    this.beginToken = description.beginToken;
    this.addBegin = description.addBegin;
    this.specialTokens = new Map(special.map((token) => [token.content, token.id]));
    this.#withSpecials = build(description, description.model, description.addedTokens);
    // The plain tokenizer borrows the model, which holds nearly all the memory.
    this.#plain = build(description, { type: 'BPE', vocab: {}, merges: [] }, ordinary);
    const { model } = this.#withSpecials;
    if (!model) throw new Error('the library made no model');
    this.#plain.model = model;
    // Without its text a special token cannot come out of merging either, whatever the file's merges say.
    for (const content of this.specialTokens.keys()) model.tokens_to_ids.delete(content);
  }

  encode(text: string): Int32Array {
    return encodeWith(this.#plain, text);
  }

  encodeWithSpecials(text: string): Int32Array {
    return encodeWith(this.#withSpecials, text);
  }

  decode(tokens: ArrayLike<number>): string {
    if (tokens.length === 0) return '';
    const ids = Array.from(tokens);
    const unknown = ids.find((id) => this.#withSpecials.id_to_token(id) === undefined);
    if (unknown !== undefined) {
      throw new LoraError('transformer.unknown-token', `Token ${unknown} is not in the vocabulary.`, {
        remedy: 'Decode only tokens made with this base model.',
        details: { token: unknown, vocabularySize: this.vocabularySize },
      });
    }
    return this.#withSpecials.decode(ids, {
      skip_special_tokens: false,
      clean_up_tokenization_spaces: false,
    });
  }
}

function build(
  description: TokenizerDescription,
  model: Record<string, unknown>,
  addedTokens: readonly AddedToken[],
): HuggingFaceTokenizer {
  const json = {
    model,
    normalizer: description.normalizer,
    pre_tokenizer: description.preTokenizer,
    decoder: description.decoder,
    // Begin and end tokens are the caller's business (`addBegin`), not a template's.
    post_processor: null,
    added_tokens: addedTokens,
  };
  return new HuggingFaceTokenizer(json, { clean_up_tokenization_spaces: false });
}

function encodeWith(tokenizer: HuggingFaceTokenizer, text: string): Int32Array {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new LoraError(
      'transformer.text-too-long',
      `A text of ${text.length} characters is too long to encode.`,
      {
        remedy: `Split it into pieces of at most ${MAX_TEXT_LENGTH} characters.`,
      },
    );
  }
  return Int32Array.from(tokenizer.encode(text, { add_special_tokens: false }).ids);
}

/**
 * Builds a tokenizer from a checked description.
 * @throws LoraError `transformer.unsupported-tokenizer` when the library cannot build it.
 */
export function buildTokenizer(description: TokenizerDescription): ModelTokenizer {
  try {
    return new EngineTokenizer(description);
  } catch (cause) {
    throw unsupportedTokenizer('its description cannot be used', cause);
  }
}

/** The one error for tokenizers that cannot be used; `reason` completes "This base model's tokenizer ... : reason". */
export function unsupportedTokenizer(reason: string, cause?: unknown): LoraError {
  return new LoraError(
    'transformer.unsupported-tokenizer',
    `This base model's tokenizer cannot be used: ${reason}.`,
    {
      remedy: 'Choose a base model with a byte-level BPE tokenizer, such as smollm2-135m-instruct.',
      details: { reason },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
