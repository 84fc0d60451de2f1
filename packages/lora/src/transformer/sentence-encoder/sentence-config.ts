import { stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { LoraError } from '../../errors.js';
import { readModelJson, readOptionalModelJson } from './model-json.js';

/** How a sentence encoder makes one vector of a text's token vectors. */
export type Pooling = 'cls' | 'mean' | 'max' | 'lasttoken';

/** What the model expects before a question and before a text that is searched. */
export interface TaskPrefixes {
  query: string;
  document: string;
}

/** What sentence-transformers' files say of a model directory. */
export interface SentenceConfig {
  modelFile: string;
  pooling: Pooling;
  /** Longest input in tokens, special tokens included. */
  maxTokens: number;
  /** Null where the directory says nothing of prefixes. */
  prefixes: TaskPrefixes | null;
}

const MODEL_FILES = ['onnx/model.onnx', 'model.onnx', 'onnx/model_quantized.onnx', 'model_quantized.onnx'];
/** Chunks are shorter, and memory grows with the square of the length. */
const LONGEST_INPUT = 1_024;
const DEFAULT_LENGTH = 512;
const MAX_PREFIX_LENGTH = 500;
const QUERY_NAMES = ['query', 'search_query', 'retrieval.query', 'nl2code_query', 'code_query'];
const DOCUMENT_NAMES = [
  'document',
  'passage',
  'corpus',
  'search_document',
  'retrieval.passage',
  'nl2code_document',
];

/**
 * Reads modules.json, the pooling's config.json, sentence_bert_config.json, tokenizer_config.json and
 * config_sentence_transformers.json. Without modules.json pooling is the mean, as in sentence-transformers.
 * @throws LoraError `transformer.missing-file`, `transformer.unsupported-encoder`
 */
export async function readSentenceConfig(directory: string): Promise<SentenceConfig> {
  const modelFile = await firstPresent(directory);
  const lengths = [
    (await readOptionalModelJson(join(directory, 'sentence_bert_config.json'))).max_seq_length,
    (await readOptionalModelJson(join(directory, 'tokenizer_config.json'))).model_max_length,
    (await readOptionalModelJson(join(directory, 'config.json'))).max_position_embeddings,
  ].filter((length): length is number => typeof length === 'number' && length >= 3);
  return {
    modelFile,
    pooling: await readPooling(directory),
    maxTokens: Math.floor(Math.min(lengths[0] ?? DEFAULT_LENGTH, LONGEST_INPUT)),
    prefixes: prefixesOf(await readOptionalModelJson(join(directory, 'config_sentence_transformers.json'))),
  };
}

async function firstPresent(directory: string): Promise<string> {
  for (const name of MODEL_FILES) {
    const file = join(directory, name);
    if (
      await stat(file).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return file;
  }
  throw new LoraError('transformer.missing-file', `${directory} holds no ONNX model.`, {
    remedy: `Give a directory with tokenizer.json and one of ${MODEL_FILES.join(', ')}.`,
  });
}

async function readPooling(directory: string): Promise<Pooling> {
  const file = join(directory, 'modules.json');
  if (
    !(await stat(file).then(
      () => true,
      () => false,
    ))
  )
    return 'mean';
  const modules = await readModelJson(file);
  if (!Array.isArray(modules)) throw unsupported('its modules.json is no list');
  let pooling: Pooling | null = null;
  for (const module of modules as { type?: unknown; path?: unknown }[]) {
    const type = String(module?.type ?? '')
      .split('.')
      .at(-1)!;
    if (type === 'Pooling') {
      pooling = poolingOf(await readOptionalModelJson(join(inside(directory, module.path), 'config.json')));
    } else if (type !== 'Transformer' && type !== 'Normalize') {
      throw unsupported(`it has a module ${type.slice(0, 60)}`);
    }
  }
  return pooling ?? 'mean';
}

/** A module's folder; one that leads out of the model's directory is refused. */
function inside(directory: string, path: unknown): string {
  const folder = resolve(directory, typeof path === 'string' ? path : '');
  const root = resolve(directory);
  if (folder !== root && !folder.startsWith(root + sep)) throw unsupported('a module lies outside it');
  return folder;
}

/** Both spellings: a flag for each mode (`pooling_mode_cls_token: true`), and since version 5 one name. */
function poolingOf(config: Record<string, unknown>): Pooling {
  const named = config.pooling_mode;
  const flags = Object.entries(config)
    .filter(([key, value]) => key.startsWith('pooling_mode_') && value === true)
    .map(([key]) => key.replace('pooling_mode_', '').replace(/_tokens?$/, ''));
  const modes = typeof named === 'string' ? [named] : Array.isArray(named) ? named.map(String) : flags;
  const [mode] = modes;
  if (modes.length !== 1 || !['cls', 'mean', 'max', 'lasttoken'].includes(mode!)) {
    throw unsupported(`its pooling is ${modes.join(' and ').slice(0, 60) || 'not given'}`);
  }
  if (config.include_prompt === false) throw unsupported('its pooling leaves the prompt out');
  return mode as Pooling;
}

function prefixesOf({ prompts }: Record<string, unknown>): TaskPrefixes | null {
  if (typeof prompts !== 'object' || prompts === null) return null;
  const find = (names: string[]) => {
    const texts = names.map((name) => (prompts as Record<string, unknown>)[name]);
    return texts.find(
      (text): text is string => typeof text === 'string' && text !== '' && text.length <= MAX_PREFIX_LENGTH,
    );
  };
  const [query, document] = [find(QUERY_NAMES), find(DOCUMENT_NAMES)];
  // sentence-transformers writes both with nothing in them for a model without prompts.
  return query || document ? { query: query ?? '', document: document ?? '' } : null;
}

/** `why` completes "This embedding model cannot be used: ". */
export function unsupported(why: string): LoraError {
  return new LoraError('transformer.unsupported-encoder', `This embedding model cannot be used: ${why}.`, {
    remedy: 'Use a sentence-transformers model in ONNX form with CLS, mean, max or last-token pooling.',
  });
}
