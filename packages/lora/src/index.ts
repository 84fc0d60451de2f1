/**
 * LoRA training on ONNX Runtime: CPU only, no Python, base weights straight from a GGUF.
 * @module
 */
export { type LoraAdapter, type LoraPair, scaleAdapter } from './adapter/adapter.js';
export { readGgufAdapter, scaleGgufAdapter, writeGgufAdapter } from './adapter/gguf.js';
export { type MergedType, writeMergedModel } from './adapter/merge.js';
export { readMlxAdapter, writeMlxAdapter } from './adapter/mlx.js';
export { readPeftAdapter, writePeftAdapter } from './adapter/peft.js';
export { probeRuntime } from './autodiff/probe-runtime.js';
export { LoraError, type LoraErrorOptions } from './errors.js';
export { type Example, type SupervisedExample, windowsOf } from './train/batches/example.js';
export { measureProductSpeed, type ProductSpeed } from './train/quantization/product-speed.js';
export { type ExampleScore, meanLoss, type ScoreOptions, scoreExamples } from './train/scoring/score.js';
export type {
  AdapterOptions,
  BatchOptions,
  CheckpointOptions,
  Courtesy,
  EvaluationOptions,
  MachineOptions,
  OptimizerOptions,
  TrainOptions,
} from './train/settings/train-options.js';
export { train } from './train/train.js';
export type { EndReason, TrainEvent, TrainResult } from './train/train-events.js';
export type { Training } from './train/training.js';
export { trainingMemory } from './train/training-memory.js';
export {
  type BaseModel,
  type BaseWeights,
  loadBaseModel,
  loadHuggingFaceWeights,
} from './transformer/base-model.js';
export {
  type ChatMessage,
  type ChatTemplate,
  chatTemplateFromGguf,
} from './transformer/chat-template/chat-template.js';
export { encodeConversation } from './transformer/chat-template/encode-conversation.js';
export {
  type AdapterConfig,
  TARGET_MODULES,
  type TargetModule,
} from './transformer/config/adapter-config.js';
export { trainableModules } from './transformer/config/modules.js';
export type { TransformerConfig } from './transformer/config/transformer-config.js';
export { type FrozenWeights, loadFrozenWeights } from './transformer/decoder/frozen-weights.js';
export {
  loadSentenceEncoder,
  type SentenceEncoder,
  type SentenceEncoderOptions,
} from './transformer/sentence-encoder/bert.js';
export {
  loadOnnxSentenceEncoder,
  type OnnxSentenceEncoder,
} from './transformer/sentence-encoder/onnx-encoder.js';
export type { TaskPrefixes } from './transformer/sentence-encoder/sentence-config.js';
export { loadStaticSentenceEncoder } from './transformer/sentence-encoder/static-encoder.js';
export type { ModelTokenizer, Tokenizer } from './transformer/tokenizer/tokenizer.js';
export { openGguf } from './weights/gguf/gguf-reader.js';
export { widenable, widenGguf } from './weights/gguf/widen-gguf.js';
export { openSafetensors } from './weights/safetensors/safetensors-reader.js';
export type { TensorInfo, WeightSource } from './weights/weight-source.js';
