import { createHash } from 'node:crypto';
import { GPT2_PATTERN } from './pre-tokenizers.js';
import type { ModelTokenizer } from './tokenizer.js';
import {
  type AddedToken,
  buildTokenizer,
  MAX_MERGES,
  MAX_TOKENS,
  unsupportedTokenizer,
} from './tokenizer-engine.js';

type Json = Record<string, unknown>;

// Caps for hostile files.
const MAX_ADDED_TOKENS = 20_000;
const MAX_PATTERN_LENGTH = 2_048;
const MAX_DEPTH = 4;
/** A repeated group, as in `(a+)+`: the shape of patterns that take exponential time. No tokenizer known needs one. */
const REPEATED_GROUP = /\)[+*{]/;

const NORMALIZERS = new Set(['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents']);

/**
 * The tokenizer of a Hugging Face directory: byte-level BPE in `tokenizer.json` (already parsed), with the begin and
 * end tokens named by `tokenizer_config.json`.
 * @returns the tokenizer and the sha256 (hex) of both files' values.
 * @throws LoraError `transformer.unsupported-tokenizer`
 */
export function tokenizerFromJson(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
): { tokenizer: ModelTokenizer; hash: string } {
  const json = object(tokenizerJson, 'tokenizer.json');
  const config = object(tokenizerConfig, 'tokenizer_config.json');
  const model = object(json.model, 'model');
  if (model.type !== 'BPE') throw unsupportedTokenizer('its type is not byte-level BPE');
  const ids = checkedVocabulary(model.vocab);
  if (!Array.isArray(model.merges) || model.merges.length > MAX_MERGES) {
    throw unsupportedTokenizer('it has no usable list of merges');
  }
  const addedTokens = checkedAddedTokens(json.added_tokens);
  for (const token of addedTokens) ids.set(token.content, token.id);
  const begin = namedToken(config.bos_token, ids);
  const end = namedToken(config.eos_token, ids);
  if (end < 0) throw unsupportedTokenizer('it has no end token');

  const tokenizer = buildTokenizer({
    model,
    normalizer: checkedNormalizer(json.normalizer),
    preTokenizer: checkedPreTokenizer(json.pre_tokenizer, 0),
    decoder: { type: 'ByteLevel' },
    addedTokens: addedTokens.map((token) => ({
      ...token,
      special: token.special || token.id === begin || token.id === end,
    })),
    vocabularySize: largestId(ids) + 1,
    beginToken: begin,
    endOfTurnToken: end,
    addBegin: config.add_bos_token === true && begin >= 0,
  });
  const hash = createHash('sha256')
    .update(JSON.stringify([json, config]))
    .digest('hex');
  return { tokenizer, hash };
}

function checkedVocabulary(vocabulary: unknown): Map<string, number> {
  const entries = Object.entries(object(vocabulary, 'vocabulary'));
  if (entries.length > MAX_TOKENS) throw unsupportedTokenizer(`it has more than ${MAX_TOKENS} tokens`);
  for (const [, id] of entries) {
    // Ids index an array: a huge one would make a huge array.
    if (!isTokenId(id)) throw unsupportedTokenizer('a token has an id that is no small whole number');
  }
  return new Map(entries as [string, number][]);
}

function checkedAddedTokens(list: unknown): AddedToken[] {
  if (!Array.isArray(list) || list.length > MAX_ADDED_TOKENS) {
    throw unsupportedTokenizer('it has no usable list of added tokens');
  }
  return list.map((entry) => {
    const { id, content, special, lstrip, rstrip, normalized } = object(entry, 'added token');
    if (!isTokenId(id) || typeof content !== 'string' || content === '') {
      throw unsupportedTokenizer('an added token has no id or no text');
    }
    return {
      id,
      content,
      special: special === true,
      lstrip: lstrip === true,
      rstrip: rstrip === true,
      normalized: normalized === true,
    };
  });
}

function checkedNormalizer(normalizer: unknown): unknown {
  if (normalizer === null || normalizer === undefined) return null;
  const node = object(normalizer, 'normalizer');
  if (typeof node.type === 'string' && NORMALIZERS.has(node.type)) return { type: node.type };
  if (node.type === 'Sequence' && Array.isArray(node.normalizers) && node.normalizers.length === 0)
    return null;
  throw unsupportedTokenizer(`its normalizer ${JSON.stringify(node.type)} is unknown`);
}

/**
 * Keeps what this package knows to be exact and rewrites what the library does differently from Hugging Face's Rust:
 * its `Digits` takes only ASCII digits, its `ByteLevel` pattern counts a byte-order mark as a space.
 */
function checkedPreTokenizer(preTokenizer: unknown, depth: number): Json {
  if (depth > MAX_DEPTH) throw unsupportedTokenizer('its pre-tokenizers are nested too deeply');
  const node = object(preTokenizer, 'pre-tokenizer');
  if (node.type === 'Sequence' && Array.isArray(node.pretokenizers) && node.pretokenizers.length <= 16) {
    return {
      type: 'Sequence',
      pretokenizers: node.pretokenizers.map((child) => checkedPreTokenizer(child, depth + 1)),
    };
  }
  if (node.type === 'Digits') return split(node.individual_digits === true ? '\\p{N}' : '\\p{N}+');
  if (node.type === 'Split' && node.behavior === 'Isolated' && node.invert !== true) {
    const pattern = object(node.pattern, 'pattern').Regex;
    if (typeof pattern === 'string') return split(checkedPattern(pattern));
  }
  if (node.type === 'ByteLevel' && node.add_prefix_space !== true) {
    const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
    if (node.use_regex === false) return bytes;
    return { type: 'Sequence', pretokenizers: [split(GPT2_PATTERN), bytes] };
  }
  throw unsupportedTokenizer(`its pre-tokenizer ${JSON.stringify(node.type)} is unknown`);
}

function split(pattern: string): Json {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function checkedPattern(pattern: string): string {
  if (pattern.length > MAX_PATTERN_LENGTH || REPEATED_GROUP.test(pattern)) {
    throw unsupportedTokenizer('a pattern of its pre-tokenizer could take too long');
  }
  return pattern;
}

function namedToken(token: unknown, ids: ReadonlyMap<string, number>): number {
  const content = typeof token === 'object' && token !== null ? (token as Json).content : token;
  return typeof content === 'string' ? (ids.get(content) ?? -1) : -1;
}

function largestId(ids: ReadonlyMap<string, number>): number {
  let largest = -1;
  for (const id of ids.values()) largest = Math.max(largest, id);
  return largest;
}

function isTokenId(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MAX_TOKENS;
}

function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unsupportedTokenizer(`it has no ${name}`);
  }
  return value as Json;
}
