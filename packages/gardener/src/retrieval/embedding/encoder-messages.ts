import type { TaskPrefixes } from '@codebase-gardener/lora';

/** What a model directory holds: a BERT in safetensors, or an ONNX model in the layout of sentence-transformers. */
export type EncoderFormat = 'bert' | 'onnx';

/** What the embedding process is asked. */
export interface EmbedRequest {
  id: number;
  texts: string[];
}

/** An error as it crosses the process border. */
export interface EmbedFailure {
  code: string;
  message: string;
  remedy: string;
}

/** What the embedding process says. `vectors` are all rows in one array, row-major. */
export type EmbedReply =
  | { type: 'ready'; dimension: number; prefixes: TaskPrefixes | null }
  | { type: 'unusable'; error: EmbedFailure }
  | { type: 'vectors'; id: number; vectors: Float32Array }
  | { type: 'failed'; id: number; error: EmbedFailure };
