/** The numbers that define a llama-like transformer, read from a GGUF's metadata or a Hugging Face config.json. */
export interface TransformerConfig {
  /** GGUF's `general.architecture`; only `llama` for now. */
  architecture: 'llama';
  hiddenSize: number;
  blockCount: number;
  headCount: number;
  keyValueHeadCount: number;
  headSize: number;
  mlpSize: number;
  vocabularySize: number;
  /** Longest sequence the base was trained for, in tokens. */
  contextLength: number;
  ropeTheta: number;
  rmsNormEpsilon: number;
  /**
   * Row order of q and k: `interleaved` = llama.cpp's permuted rows (rotary pairs are neighbours, as in a llama GGUF);
   * `halves` = Hugging Face's (pairs are half a head apart).
   */
  rotaryLayout: 'interleaved' | 'halves';
}
