import type { TaskPrefixes } from '@codebase-gardener/lora';

/**
 * What a model directory holds: a BERT in safetensors, an ONNX model in the layout of sentence-transformers, or a table
 * of one vector a token in the layout of model2vec.
 */
export type EncoderFormat = 'bert' | 'onnx' | 'static';

/** What the embedder needs to know of a model on disk. */
export interface EmbeddingModel {
  /** Names the model; see `Embedder.id`. */
  id: string;
  format: EncoderFormat;
  /**
   * `bert`: config.json, tokenizer.json, model.safetensors; `onnx`: tokenizer.json, an ONNX model and
   * sentence-transformers' files; `static`: tokenizer.json, model.safetensors.
   */
  directory: string;
}

/** What the process of a sentence encoder is asked. */
export interface EncoderProtocol {
  setup: {
    model: EmbeddingModel;
    /** 0 = physical cores. */
    threads: number;
  };
  ready: {
    /** Numbers of one vector. */
    dimension: number;
    /** What the directory says is to be put before queries and texts; null where it says nothing. */
    prefixes: TaskPrefixes | null;
  };
  jobs: {
    /** Texts to unit vectors, all in one array, row by row. */
    encode: { input: string[]; progress: never; result: Float32Array };
  };
}
