import { type HostTensor, hostTensor } from '../autodiff/session.js';
import { LoraError } from '../errors.js';
import type { WeightSource } from '../weights/weight-source.js';
import type { BertConfig } from './bert-config.js';

/** A BERT's weights by the names that Hugging Face's BertModel gives them, with their shapes. */
export function bertWeightShapes(config: BertConfig): Map<string, number[]> {
  const { hiddenSize: hidden, mlpSize: mlp } = config;
  const shapes = new Map<string, number[]>([
    ['embeddings.word_embeddings.weight', [config.vocabularySize, hidden]],
    ['embeddings.LayerNorm.weight', [hidden]],
    ['embeddings.LayerNorm.bias', [hidden]],
  ]);
  const dense = (name: string, out: number, into: number) => {
    shapes.set(`${name}.weight`, [out, into]);
    shapes.set(`${name}.bias`, [out]);
  };
  for (let block = 0; block < config.blockCount; block++) {
    const prefix = `encoder.layer.${block}`;
    for (const role of ['query', 'key', 'value']) dense(`${prefix}.attention.self.${role}`, hidden, hidden);
    dense(`${prefix}.attention.output.dense`, hidden, hidden);
    dense(`${prefix}.intermediate.dense`, mlp, hidden);
    dense(`${prefix}.output.dense`, hidden, mlp);
    for (const norm of ['attention.output.LayerNorm', 'output.LayerNorm']) {
      shapes.set(`${prefix}.${norm}.weight`, [hidden]);
      shapes.set(`${prefix}.${norm}.bias`, [hidden]);
    }
  }
  return shapes;
}

/** Numbers of an encoder's products: `int8` rounds weights to 7 and activations to 8 bits and sums exactly. */
export type BertPrecision = 'int8' | 'float32';

/** A weight as the graphs are fed it. */
export interface BertInput {
  name: string;
  dtype: 'float32' | 'int8';
  shape: number[];
}

/**
 * How the graphs take the weight `name`. Matrices are transposed to [in, out]: a weight that is fed is packed at every product, and
 * packing from PyTorch's [out, in] took 1.6 times as long (2048 x 384 x 1536). In int8 a matrix is its codes and a scale for each column.
 */
export function bertInputs(name: string, shape: readonly number[], precision: BertPrecision): BertInput[] {
  if (!isMatrix(name)) return [{ name, dtype: 'float32', shape: [...shape] }];
  const transposed = [shape[1]!, shape[0]!];
  if (precision === 'float32') return [{ name, dtype: 'float32', shape: transposed }];
  return [
    { name, dtype: 'int8', shape: transposed },
    { name: scaleOf(name), dtype: 'float32', shape: [shape[0]!] },
  ];
}

/** The name under which the scales of a matrix are fed. */
export const scaleOf = (name: string) => `${name}.scale`;

const isMatrix = (name: string) => /(?:dense|query|key|value)\.weight$/.test(name);

/**
 * Largest code of a weight: processors without VNNI add two products of codes in 16 bits, and 2 * 255 * 63 still fits, so the sums are
 * exact, and the vectors the same, on every processor.
 */
const LARGEST_CODE = 63;

/** A BERT's weights in memory. */
export interface BertWeights {
  /** Fed to every graph under their own names. */
  tensors: Record<string, HostTensor>;
  /** float32 [maxPositions, hidden]: position embeddings plus the embedding of token type 0. */
  positions: Float32Array;
}

/**
 * Reads all weights.
 * @throws LoraError `transformer.missing-weights` listing all that is missing or of another shape; `weights.*`
 */
export async function loadBertWeights(
  source: WeightSource,
  config: BertConfig,
  precision: BertPrecision,
): Promise<BertWeights> {
  // Saved from a model with a head, the names carry a prefix.
  const prefix = source.tensors.has('bert.embeddings.word_embeddings.weight') ? 'bert.' : '';
  const positionShape = [config.maxPositions, config.hiddenSize];
  const shapes = bertWeightShapes(config);
  const position = 'embeddings.position_embeddings.weight';
  const tokenType = 'embeddings.token_type_embeddings.weight';
  const typeCount = source.tensors.get(prefix + tokenType)?.shape[0] ?? 1;
  const all = new Map([...shapes, [position, positionShape], [tokenType, [typeCount, config.hiddenSize]]]);
  const problems = [...all].flatMap(([name, shape]) => {
    const found = source.tensors.get(prefix + name)?.shape;
    return `${found}` === `${shape}`
      ? []
      : [`${name} should be [${shape}], is ${found ? `[${found}]` : 'missing'}`];
  });
  if (problems.length > 0) {
    const message = `${source.path} is no complete BERT: ${problems.slice(0, 5).join('; ')}.`;
    throw new LoraError('transformer.missing-weights', message, {
      remedy: 'Fetch the embedding model again.',
      details: { problems },
    });
  }
  const tensors: Record<string, HostTensor> = {};
  for (const [name, shape] of shapes) {
    const values = await source.readFloat32(prefix + name);
    const [first, scale] = bertInputs(name, shape, precision);
    if (scale) {
      const quantized = quantizedColumns(values, shape[0]!, shape[1]!);
      tensors[name] = hostTensor(quantized.codes, first!.shape);
      tensors[scale.name] = hostTensor(quantized.scale, scale.shape);
    } else {
      const data = isMatrix(name) ? transposed(values, shape[0]!, shape[1]!) : values;
      tensors[name] = hostTensor(data, first!.shape);
    }
  }
  const positions = await source.readFloat32(prefix + position);
  const type = await source.readFloat32(prefix + tokenType);
  for (let i = 0; i < positions.length; i++) positions[i]! += type[i % config.hiddenSize]!;
  return { tensors, positions };
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column]!;
    }
  }
  return result;
}

/**
 * W [out, in] as codes of W^T [in, out], row-major, with a scale for each output.
 */
function quantizedColumns(
  weight: Float32Array,
  out: number,
  inner: number,
): { codes: Int8Array; scale: Float32Array } {
  const codes = new Int8Array(out * inner);
  const scale = new Float32Array(out);
  for (let o = 0; o < out; o++) {
    const row = weight.subarray(o * inner, (o + 1) * inner);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scale[o] = largest > 0 ? largest / LARGEST_CODE : 1;
    for (let i = 0; i < inner; i++) codes[i * out + o] = Math.round(row[i]! / scale[o]!);
  }
  return { codes, scale };
}
