/**
 * How a byte-level BPE tokenizer cuts text before merging: patterns applied one after the
 * other, each isolating its matches.
 */
export interface PreTokenization {
  /** Regular expressions in Oniguruma's spelling, as in a tokenizer.json. */
  patterns: readonly string[];
  /** A piece that is a token by itself is taken whole, without merging (llama 3). */
  ignoreMerges: boolean;
  /** Whether a begin token is put in front when the file does not say. */
  addBegin: boolean;
}

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const QWEN2 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${REST}`;
const LLAMA3 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${REST}`;

/** GPT-2's own cutting pattern, also what `ByteLevel` with `use_regex` means in a tokenizer.json. */
export const GPT2_PATTERN = GPT2;

const plain = (...patterns: string[]): PreTokenization => ({
  patterns,
  ignoreMerges: false,
  addBegin: false,
});
const gpt2 = plain(GPT2);
const digitsThenGpt2 = plain('\\p{N}', GPT2);
const qwen2 = plain(QWEN2);
const llama3: PreTokenization = { patterns: [LLAMA3], ignoreMerges: true, addBegin: true };
const deepseekCoder = plain('[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-퟿]+', '\\p{N}');
// llama.cpp's fallback for files that name no pre-tokenizer or `default`.
const fallback = plain('[\\p{P}$+<=>^~|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]');

/**
 * Pre-tokenizers by the value of `tokenizer.ggml.pre`, as llama.cpp's llama-vocab.cpp names and cuts them.
 * Like llama.cpp, none of them normalises Unicode (Hugging Face's qwen2 applies NFC first), so that training sees
 * the tokens that inference will see.
 */
export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenization> = new Map([
  ['smollm', digitsThenGpt2],
  ['starcoder', digitsThenGpt2],
  ['refact', digitsThenGpt2],
  ['codeshell', digitsThenGpt2],
  ['gpt-2', gpt2],
  ['phi-2', gpt2],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['deepseek-coder', deepseekCoder],
  ['default', fallback],
]);
