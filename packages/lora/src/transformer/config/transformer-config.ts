/**
 * Architectures whose decoders this package builds, as GGUF's `general.architecture` names them: see `ARCHITECTURES`.
 */
export type ArchitectureName = 'llama';

/**
 * Row order of q and k: `interleaved` = llama.cpp's permuted rows (rotary pairs are neighbours); `halves` = Hugging
 * Face's (pairs are half a head apart).
 */
export type RotaryLayout = 'interleaved' | 'halves';

/** The numbers that define a decoder, read from a GGUF's metadata or a Hugging Face config.json. */
export interface TransformerConfig {
  architecture: ArchitectureName;
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
  /** How the rows of q and k lie in the weights that this was read with. */
  rotaryLayout: RotaryLayout;
}
