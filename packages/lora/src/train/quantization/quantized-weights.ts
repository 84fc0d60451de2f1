import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { GraphSession, type SessionOptions } from '../../autodiff/session.js';
import type { TargetModule } from '../../transformer/config/adapter-config.js';
import {
  ATTENTION_INPUTS,
  modulesOf,
  QUANTIZED_MATRICES,
  type QuantizedName,
  quantizedShape,
  vectorNames,
} from '../../transformer/config/modules.js';
import {
  type BlockKind,
  distinctBlockKinds,
  type TransformerConfig,
} from '../../transformer/config/transformer-config.js';
import { blockCalibrationGraph, type CalibratedInput } from '../../transformer/decoder/block-graphs.js';
import type { BlockFeeds, FrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import { elementCount } from '../../weights/element-count.js';
import { type Batch, tokensOf } from '../batches/batch.js';
import { collectGarbage } from '../memory/collect-garbage.js';
import { type QuantizedColumns, quantizeBothWays, quantizeRows } from './quantize-matrix.js';

/** Which calibrated input each module reads; o_proj's channels are even enough as they are. */
const INPUT_OF: Partial<Record<QuantizedName, CalibratedInput>> = {
  attention: 'attention',
  gate_proj: 'mlp',
  up_proj: 'mlp',
  down_proj: 'down',
};

/**
 * Quantises block after block, smoothed for the activations that a float32 pass over one batch shows: channels that are
 * large in an activation are made smaller there and larger in the weight, by the root of their ratio (SmoothQuant,
 * alpha 0.5). The factors go into the norms, the frozen matrices and, inside the graphs, the adapter's matrices: exact
 * but for rounding. 2 bytes a parameter.
 * @param largestCode of a weight, see `largestExactWeight`
 */
export async function* quantizeBlocks(
  config: TransformerConfig,
  frozen: FrozenWeights,
  batch: Batch,
  largestCode: number,
  options: SessionOptions,
): AsyncGenerator<BlockFeeds> {
  const shape = { rows: batch.rows.length, sequenceLength: batch.sequenceLength };
  const calibrations = new Map<BlockKind, GraphSession>();
  for (const kind of distinctBlockKinds(config)) {
    const graph = blockCalibrationGraph(config, shape, kind);
    calibrations.set(kind, await GraphSession.create(graph, options));
  }
  await using _sessions = {
    [Symbol.asyncDispose]: async () => {
      for (const session of calibrations.values()) await session[Symbol.asyncDispose]();
    },
  };
  let x = await frozen.embed(tokensOf(batch));
  for (let index = 0; index < config.blockCount; index++) {
    const weights = await frozen.block(index);
    const tokens = shape.rows * shape.sequenceLength;
    const feeds = {
      x: hostTensor(x, [tokens, config.hiddenSize]),
      positions: batch.positions,
      mask: batch.mask,
    };
    const outputs = await calibrations.get(config.blockKinds[index]!)!.run({ ...feeds, ...weights });
    yield quantizeBlock(config, weights, largestCode, (input) => float32Of(outputs[input]));
    x = float32Of(outputs.y);
    // Bringing a block to 8 bits leaves garbage of several times its size.
    collectGarbage();
  }
}

/** The output's table in 8 bits, 2 bytes a parameter, and its mean entry: feeds of the head. */
export async function quantizeTable(
  { vocabularySize, hiddenSize }: TransformerConfig,
  frozen: FrozenWeights,
  largestCode: number,
): Promise<BlockFeeds> {
  const table = float32Of(await frozen.readHead());
  const { codes, transposed, scale } = quantizeRows(table, vocabularySize, hiddenSize, largestCode);
  const mean = new Float32Array(hiddenSize);
  for (let at = 0; at < table.length; at++) mean[at % hiddenSize]! += table[at]! / vocabularySize;
  return {
    'table.forward': hostTensor(transposed, [hiddenSize, vocabularySize]),
    'table.entries': hostTensor(codes, [vocabularySize, hiddenSize]),
    'table.scale': vector(scale),
    'table.mean': hostTensor(mean, [1, hiddenSize]),
  };
}

function quantizeBlock(
  config: TransformerConfig,
  weights: BlockFeeds,
  largestCode: number,
  largest: (input: CalibratedInput) => Float32Array,
): BlockFeeds {
  const factors = {
    attention: smoothingFactors(largest('attention'), weights, ATTENTION_INPUTS),
    mlp: smoothingFactors(largest('mlp'), weights, ['gate_proj', 'up_proj']),
    down: smoothingFactors(largest('down'), weights, ['down_proj']),
  };
  const downInverse = factors.down.map((factor) => 1 / factor);
  const feeds: Record<string, HostTensor> = {
    ...extras(config, weights),
    input_layernorm: dividedNorm(weights.input_layernorm!, factors.attention),
    post_attention_layernorm: dividedNorm(weights.post_attention_layernorm!, factors.mlp),
    'smoothing.attention': vector(factors.attention),
    'smoothing.mlp': vector(factors.mlp),
    'smoothing.down': vector(factors.down),
    'smoothing.downInverse': hostTensor(downInverse, [config.mlpSize, 1]),
  };
  for (const name of QUANTIZED_MATRICES) {
    const [out, inner] = quantizedShape(name, config);
    const input = INPUT_OF[name];
    // The down product's input is smoothed by the up product's output: silu(gate) * (up / factor).
    const rowFactor = name === 'up_proj' ? downInverse : null;
    const columnFactor = input ? factors[input] : null;
    const { forward, backward } = quantizeBothWays(
      stacked(modulesOf(name).map((module) => float32Of(weights[module]))),
      out,
      inner,
      rowFactor,
      columnFactor,
      largestCode,
    );
    addMatrix(feeds, `${name}.forward`, forward, [inner, out]);
    addMatrix(feeds, `${name}.backward`, backward, [out, inner]);
  }
  return feeds;
}

/** Norms of heads and outputs, and biases: float32 as they are. */
function extras(config: TransformerConfig, weights: BlockFeeds): BlockFeeds {
  const names = [...vectorNames(config).keys()];
  // Copied: the memory is the next block's.
  return Object.fromEntries(names.map((name) => [name, vector(float32Of(weights[name]).slice())]));
}

/** Matrices of one width, one below the other. */
function stacked(matrices: readonly Float32Array[]): Float32Array {
  if (matrices.length === 1) return matrices[0]!;
  const all = new Float32Array(matrices.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const matrix of matrices) {
    all.set(matrix, at);
    at += matrix.length;
  }
  return all;
}

function addMatrix(
  feeds: Record<string, HostTensor>,
  name: string,
  { codes, scale }: QuantizedColumns,
  shape: [number, number],
): void {
  feeds[name] = hostTensor(codes, shape);
  feeds[`${name}Scale`] = vector(scale);
}

/** sqrt(largest activation / largest weight) of each channel; channels that are never used stay as they are. */
function smoothingFactors(
  activations: Float32Array,
  weights: BlockFeeds,
  modules: readonly TargetModule[],
): Float32Array {
  const largestWeight = new Float32Array(activations.length);
  for (const module of modules) {
    const values = float32Of(weights[module]);
    for (let at = 0; at < values.length; at++) {
      const channel = at % activations.length;
      largestWeight[channel] = Math.max(largestWeight[channel]!, Math.abs(values[at]!));
    }
  }
  return activations.map((largest, channel) => {
    const factor = Math.sqrt(largest / largestWeight[channel]!);
    return Number.isFinite(factor) && factor > 0 ? factor : 1;
  });
}

function dividedNorm(norm: HostTensor, factors: Float32Array): HostTensor {
  return vector(float32Of(norm).map((value, channel) => value / factors[channel]!));
}

function vector(values: Float32Array): HostTensor {
  return hostTensor(values, [elementCount([values.length])]);
}
