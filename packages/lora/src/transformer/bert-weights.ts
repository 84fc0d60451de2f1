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

/**
 * The shape in which the graphs take a weight. Matrices are transposed to [in, out]: a weight that is fed is packed at
 * every product, and packing from PyTorch's [out, in] took 1.6 times as long (2048 x 384 x 1536).
 */
export function bertInputShape(name: string, shape: readonly number[]): number[] {
  return isMatrix(name) ? [shape[1]!, shape[0]!] : [...shape];
}

const isMatrix = (name: string) => /(?:dense|query|key|value)\.weight$/.test(name);

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
export async function loadBertWeights(source: WeightSource, config: BertConfig): Promise<BertWeights> {
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
    const data = isMatrix(name) ? transposed(values, shape[0]!, shape[1]!) : values;
    tensors[name] = hostTensor(data, bertInputShape(name, shape));
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
