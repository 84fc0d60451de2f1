import { LoraError } from '../../errors.js';
import type { WeightSource } from '../../weights/weight-source.js';
import type { BertConfig } from './bert-config.js';

/** A BERT's weights by the names that Hugging Face's BertModel gives them, with their shapes. */
export function bertWeightShapes(config: BertConfig): Map<string, number[]> {
  const { hiddenSize: hidden, mlpSize: mlp } = config;
  const shapes = new Map<string, number[]>([
    [TABLE, [config.vocabularySize, hidden]],
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

/** A weight as the graph takes it: matrices as [in, out], in int8 as codes beside a scale for each column. */
export type BertWeight =
  | { dtype: 'float32'; shape: readonly number[]; data: Float32Array }
  | { dtype: 'int8'; shape: readonly number[]; data: Int8Array };

/** The name of the scales of a matrix. */
export const scaleOf = (name: string) => `${name}.scale`;

/** The one weight that is fed at every run: as a constant ONNX Runtime would copy it while loading the model. */
const TABLE = 'embeddings.word_embeddings.weight';

const isMatrix = (name: string) => /(?:dense|query|key|value)\.weight$/.test(name);

/**
 * Largest code of a weight: processors without VNNI add two products of codes in 16 bits, and 2 * 255 * 63 still fits,
 * so the sums are exact, and the vectors the same, on every processor.
 */
const LARGEST_CODE = 63;

/** A BERT's weights in memory. */
export interface BertWeights {
  /** By the names that Hugging Face gives them, all but the table. */
  constants: ReadonlyMap<string, BertWeight>;
  /** float32 [vocabulary, hidden] */
  table: Float32Array;
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
  const constants = new Map<string, BertWeight>();
  for (const [name, shape] of shapes) {
    if (name === TABLE) continue;
    const values = await source.readFloat32(prefix + name);
    const [out, inner] = shape as [number, number];
    if (!isMatrix(name)) {
      constants.set(name, { dtype: 'float32', shape, data: values });
    } else if (precision === 'float32') {
      constants.set(name, { dtype: 'float32', shape: [inner, out], data: transposed(values, out, inner) });
    } else {
      const { codes, scale } = quantizedColumns(values, out, inner);
      constants.set(name, { dtype: 'int8', shape: [inner, out], data: codes });
      constants.set(scaleOf(name), { dtype: 'float32', shape: [out], data: scale });
    }
  }
  const table = await source.readFloat32(prefix + TABLE);
  const positions = await source.readFloat32(prefix + position);
  const type = await source.readFloat32(prefix + tokenType);
  for (let i = 0; i < positions.length; i++) positions[i]! += type[i % config.hiddenSize]!;
  return { constants, table, positions };
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
