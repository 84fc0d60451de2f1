import type { BaseModel } from '../transformer/base-model.js';
import { blockTensorStem } from '../transformer/config/modules.js';
import { rewriteGguf } from '../weights/gguf/gguf-rewrite.js';
import { isWritable } from '../weights/tensor-writer.js';
import { type LoraAdapter, type LoraPair, pairsOf } from './adapter.js';
import { checkAdapter } from './check-adapter.js';

/** llama.cpp's number for "mostly" a type, of `general.file_type`. */
const FILE_TYPES = { F32: 0, F16: 1, Q8_0: 7 } as const;

/** How merged weights are stored, see `writeMergedModel`. */
export type MergedType = keyof typeof FILE_TYPES | 'base';

/**
 * Writes a whole model: the base with W + (alpha / rank) B A in the place of each trained W, as float16 unless asked
 * otherwise. Everything else of the base, also its tokenizer and chat template, is copied as it is. Any program that
 * runs the base runs this, without an adapter.
 * @param options.type `F16` (default) rounds each merged weight to 11 bits; `F32` rounds nothing and takes twice the
 *   room; `Q8_0` rounds blocks of 32 to 8 bits and takes half of it; `base` stores each in the type that the
 *   base has it in (Q8_0 for types that are not written here, such as IQ4_XS), which can round a weak adapter away:
 *   compare the loss
 * @throws LoraError `adapter.incompatible`, `weights.*`
 */
export async function writeMergedModel(
  file: string,
  base: BaseModel,
  adapter: LoraAdapter,
  options: { type?: MergedType; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  checkAdapter(adapter, base.config);
  const { type = 'F16', signal } = options;
  const { rank, alpha } = adapter.config;
  const tensors = new Map<string, (values: Float32Array) => void>();
  for (const { block, module, pair } of pairsOf(adapter.blocks)) {
    const name = `${blockTensorStem('gguf', block, module)}.weight`;
    tensors.set(name, (weight) => addProduct(weight, pair, rank, alpha / rank));
  }
  await rewriteGguf(base.path, file, {
    typeOf: (own) => (type !== 'base' ? type : isWritable(own) ? own : 'Q8_0'),
    tensors,
    metadata: new Map(
      type === 'base' ? [] : [['general.file_type', { type: 'uint32', value: FILE_TYPES[type] }]],
    ),
    signal,
  });
}

/** weight [out, in] += scale * b [out, rank] a [rank, in] */
function addProduct(
  weight: Float32Array,
  { a, b, inFeatures, outFeatures }: LoraPair,
  rank: number,
  scale: number,
): void {
  for (let row = 0; row < outFeatures; row++) {
    const target = weight.subarray(row * inFeatures, (row + 1) * inFeatures);
    for (let r = 0; r < rank; r++) {
      const factor = scale * b[row * rank + r]!;
      const source = a.subarray(r * inFeatures, (r + 1) * inFeatures);
      for (let column = 0; column < inFeatures; column++) target[column]! += factor * source[column]!;
    }
  }
}
