import { createHash } from 'node:crypto';
import type { MetadataValue } from '../../weights/weight-source.js';
import { PRE_TOKENIZERS, type PreTokenization } from './pre-tokenizers.js';
import type { ModelTokenizer } from './tokenizer.js';
import {
  type AddedToken,
  buildTokenizer,
  MAX_MERGES,
  MAX_TOKENS,
  unsupportedTokenizer,
} from './tokenizer-engine.js';

const MAX_TOKEN_LENGTH = 8_192;

const CONTROL = 3;
const UNKNOWN = 2;
const USER_DEFINED = 4;
const MARKUP = /^<[|｜].*[|｜]>$/s;

/**
 * The tokenizer inside a GGUF: byte-level BPE with the pre-tokenizer named by `tokenizer.ggml.pre`.
 * Control tokens, and anything written `<|like this|>`, are special; user-defined tokens are recognised in user text
 * too, as llama.cpp does.
 * @returns the tokenizer and the sha256 (hex) of everything it was made from.
 * @throws LoraError `transformer.unsupported-tokenizer` for another model or pre-tokenizer, or damaged lists.
 */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, MetadataValue>): {
  tokenizer: ModelTokenizer;
  hash: string;
} {
  const model = metadata.get('tokenizer.ggml.model');
  if (model !== 'gpt2') throw unsupportedTokenizer(`its type is ${describe(model)}, not byte-level BPE`);
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'default';
  const preTokenization = typeof pre === 'string' ? PRE_TOKENIZERS.get(pre) : undefined;
  if (preTokenization === undefined) throw unsupportedTokenizer(`its pre-tokenizer is ${describe(pre)}`);

  const tokens = stringList(metadata.get('tokenizer.ggml.tokens'), 'tokens', MAX_TOKENS);
  const merges = stringList(metadata.get('tokenizer.ggml.merges'), 'merges', MAX_MERGES);
  const types = tokenTypes(metadata.get('tokenizer.ggml.token_type'), tokens.length);
  if (tokens.length === 0) throw unsupportedTokenizer('it has no tokens');
  const ids = specialIds(metadata, tokens.length);
  const addBegin = metadata.get('tokenizer.ggml.add_bos_token') ?? preTokenization.addBegin;

  const tokenizer = buildTokenizer({
    model: {
      type: 'BPE',
      vocab: vocabulary(tokens),
      merges: merges.map(splitMerge),
      ignore_merges: preTokenization.ignoreMerges,
    },
    normalizer: null,
    preTokenizer: preTokenizerJson(preTokenization),
    decoder: { type: 'ByteLevel' },
    addedTokens: addedTokens(tokens, types, ids),
    vocabularySize: tokens.length,
    beginToken: ids.begin,
    endOfTurnToken: ids.endOfTurn,
    addBegin: addBegin === true && ids.begin >= 0,
  });
  const source = [model, pre, tokens, types, merges, ids.begin, ids.endOfText, ids.endOfTurn, addBegin];
  return { tokenizer, hash: createHash('sha256').update(JSON.stringify(source)).digest('hex') };
}

/** The `pre_tokenizer` part of a tokenizer.json: each pattern isolates its matches, then bytes become letters. */
export function preTokenizerJson(preTokenization: PreTokenization): unknown {
  const splits = preTokenization.patterns.map((pattern) => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return { type: 'Sequence', pretokenizers: [...splits, bytes] };
}

function vocabulary(tokens: readonly string[]): Record<string, number> {
  // No prototype: `__proto__` is a word like any other in code.
  const ids: Record<string, number> = Object.create(null) as Record<string, number>;
  tokens.forEach((token, id) => {
    ids[token] = id;
  });
  return ids;
}

function splitMerge(merge: string): [string, string] {
  // From 1: a part may itself begin with a space.
  const space = merge.indexOf(' ', 1);
  if (space < 0 || space === merge.length - 1) throw unsupportedTokenizer('a merge does not have two parts');
  return [merge.slice(0, space), merge.slice(space + 1)];
}

interface SpecialIds {
  begin: number;
  endOfText: number;
  endOfTurn: number;
}

function specialIds(metadata: ReadonlyMap<string, MetadataValue>, count: number): SpecialIds {
  const read = (name: string): number => {
    const id = metadata.get(`tokenizer.ggml.${name}_token_id`);
    if (id === undefined) return -1;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= count) {
      throw unsupportedTokenizer(`its ${name} token ${describe(id)} is not among its ${count} tokens`);
    }
    return id;
  };
  const endOfText = read('eos');
  const endOfTurn = read('eot');
  if (endOfText < 0 && endOfTurn < 0) throw unsupportedTokenizer('it has no end token');
  return { begin: read('bos'), endOfText, endOfTurn: endOfTurn < 0 ? endOfText : endOfTurn };
}

function addedTokens(tokens: readonly string[], types: readonly number[], ids: SpecialIds): AddedToken[] {
  const added: AddedToken[] = [];
  tokens.forEach((content, id) => {
    const type = types[id];
    const named = id === ids.begin || id === ids.endOfText || id === ids.endOfTurn;
    const special = named || type === CONTROL || type === UNKNOWN || MARKUP.test(content);
    if (content !== '' && (special || type === USER_DEFINED)) {
      added.push({ id, content, special, normalized: false });
    }
  });
  return added;
}

function stringList(value: MetadataValue | undefined, name: string, maximum: number): string[] {
  if (!Array.isArray(value)) throw unsupportedTokenizer(`the file has no list of ${name}`);
  if (value.length > maximum) throw unsupportedTokenizer(`it has ${value.length} ${name}, above ${maximum}`);
  return value.map((entry) => {
    if (typeof entry === 'string' && entry.length <= MAX_TOKEN_LENGTH) return entry;
    throw unsupportedTokenizer(`its list of ${name} holds something else than short strings`);
  });
}

function tokenTypes(value: MetadataValue | undefined, count: number): number[] {
  if (value === undefined) return new Array<number>(count).fill(1);
  const types = Array.isArray(value) ? value.filter((type) => typeof type === 'number') : [];
  if (!Array.isArray(value) || value.length !== count || types.length !== count) {
    throw unsupportedTokenizer(`its token types do not match its ${count} tokens`);
  }
  return types;
}

function describe(value: MetadataValue | undefined): string {
  if (value === undefined) return 'not given';
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : `${value}`.slice(0, 60);
}
