/** One tensor of a weights file. */
export interface TensorInfo {
  name: string;
  /** Storage type as the format spells it: `F32`, `F16`, `BF16`, `Q4_1`, ... */
  type: string;
  /** Row-major shape, slowest dimension first (as PyTorch prints it): a linear weight is [out, in]. */
  shape: readonly number[];
}

/** A value of a GGUF's key-value metadata. 64-bit integers beyond 2^53 come as bigint. */
export type MetadataValue = number | bigint | boolean | string | MetadataValue[];

/** File formats of weights. */
export type WeightFormat = 'gguf' | 'safetensors';

/** The opened weights of a model, in one file or several. Tensors are read from disk on demand, dequantised. */
export interface WeightSource extends AsyncDisposable {
  /** What the weights are opened by: the file, or the first of its parts, or the index that lists them. */
  readonly path: string;
  /** The files that hold the tensors: one, or the parts in their order. */
  readonly files: readonly string[];
  readonly format: WeightFormat;
  /** GGUF key-value pairs; for safetensors its `__metadata__` strings. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * A tensor's values as float32, row-major.
   * @param into written to and returned when given; its length must be the element count.
   * @throws LoraError `weights.unknown-tensor`, `weights.unsupported-type`, `weights.truncated`
   */
  readFloat32(name: string, into?: Float32Array): Promise<Float32Array>;
  /**
   * Some rows of a tensor of two axes, as float32 [rows, columns], in the order asked for.
   * @throws LoraError `weights.unknown-tensor`, `weights.unsupported-type`, `weights.no-such-row`, `weights.truncated`
   */
  readRowsFloat32(name: string, rows: Int32Array): Promise<Float32Array>;
}
