import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { GraphSession, type SessionOptions } from '../../autodiff/session.js';
import {
  ATTENTION_INPUTS,
  type LinearModule,
  modulesOf,
  QUANTIZED_MATRICES,
  type QuantizedName,
  vectorNames,
} from '../../transformer/config/modules.js';
import {
  type BlockKind,
  distinctBlockKinds,
  type TransformerConfig,
} from '../../transformer/config/transformer-config.js';
import {
  blockCalibrationGraph,
  type CalibratedInput,
  largestWeight,
} from '../../transformer/decoder/block-graphs.js';
import type { BlockFeeds, FrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import { type Batch, tokensOf } from '../batches/batch.js';
import { collectGarbage } from '../memory/collect-garbage.js';
import { MatrixQuantizer } from './quantize-matrix.js';

/** Which calibrated input each module reads; o_proj's channels are even enough as they are. */
const INPUT_OF: Partial<Record<QuantizedName, CalibratedInput>> = {
  attention: 'attention',
  gate_proj: 'mlp',
  up_proj: 'mlp',
  down_proj: 'down',
};

/** Entries of the vocabulary that are brought to 8 bits at once. */
const ENTRIES_AT_ONCE = 10_000;

/** How weights are brought to 8 bits. */
export interface QuantizationOptions {
  /** Of a weight, see `largestExactWeight`. */
  largestCode: number;
  /** See `ModelGraphOptions`. */
  singleCopy: boolean;
  sessions: SessionOptions;
}

/**
 * Quantises block after block, smoothed for the activations that a float32 pass over one batch shows: channels that are
 * large in an activation are made smaller there and larger in the weight, by the root of their ratio (SmoothQuant,
 * alpha 0.5). The factors go into the norms, the frozen matrices and, inside the graphs, the adapter's matrices: exact
 * but for rounding. 2 bytes a parameter, 1 with a single copy.
 */
export async function* quantizeBlocks(
  config: TransformerConfig,
  frozen: FrozenWeights,
  batch: Batch,
  { largestCode, singleCopy, sessions }: QuantizationOptions,
): AsyncGenerator<BlockFeeds> {
  const shape = { rows: batch.rows.length, sequenceLength: batch.sequenceLength };
  const calibrations = new Map<BlockKind, GraphSession>();
  for (const kind of distinctBlockKinds(config)) {
    const graph = blockCalibrationGraph(config, shape, kind);
    calibrations.set(kind, await GraphSession.create(graph, sessions));
  }
  await using _sessions = {
    [Symbol.asyncDispose]: async () => {
      for (const session of calibrations.values()) await session[Symbol.asyncDispose]();
    },
  };
  await using quantizer = new MatrixQuantizer(largestCode, sessions);
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
    const factors = blockFactors((name) => float32Of(outputs[name]));
    yield {
      ...extras(config, weights),
      ...factorFeeds(config, weights, factors),
      ...(await quantizeMatrices(quantizer, weights, factors, singleCopy)),
    };
    x = float32Of(outputs.y);
    // Bringing a block to 8 bits leaves garbage of several times its size.
    collectGarbage();
  }
}

/** The output's table in 8 bits, 2 bytes a parameter, and its mean entry: feeds of the head. */
export async function quantizeTable(
  { vocabularySize, hiddenSize }: TransformerConfig,
  frozen: FrozenWeights,
  { largestCode, sessions }: Pick<QuantizationOptions, 'largestCode' | 'sessions'>,
): Promise<BlockFeeds> {
  await using quantizer = new MatrixQuantizer(largestCode, sessions);
  const entries = new Int8Array(vocabularySize * hiddenSize);
  const forward = new Int8Array(vocabularySize * hiddenSize);
  const scales = new Float32Array(vocabularySize);
  const mean = new Float32Array(hiddenSize);
  for (let start = 0; start < vocabularySize; start += ENTRIES_AT_ONCE) {
    const count = Math.min(ENTRIES_AT_ONCE, vocabularySize - start);
    const { codes, scale, turned, sum } = await quantizer.entries(await frozen.readHeadRows(start, count));
    entries.set(codes.data as Int8Array, start * hiddenSize);
    scales.set(float32Of(scale), start);
    const columns = turned.data as Int8Array;
    for (let i = 0; i < hiddenSize; i++) {
      forward.set(columns.subarray(i * count, (i + 1) * count), i * vocabularySize + start);
      mean[i]! += float32Of(sum)[i]! / vocabularySize;
    }
    collectGarbage({ young: true });
  }
  return {
    'table.forward': hostTensor(forward, [hiddenSize, vocabularySize]),
    'table.entries': hostTensor(entries, [vocabularySize, hiddenSize]),
    'table.scale': vector(scales),
    'table.mean': hostTensor(mean, [1, hiddenSize]),
  };
}

type BlockFactors = Record<CalibratedInput, Float32Array>;

/** @param largest magnitudes that the calibration found, by name of its output */
function blockFactors(largest: (name: string) => Float32Array): BlockFactors {
  const ofWeights = (modules: readonly LinearModule[]) =>
    modules.map((module) => largest(largestWeight(module)));
  return {
    attention: smoothingFactors(largest('attention'), ofWeights(ATTENTION_INPUTS)),
    mlp: smoothingFactors(largest('mlp'), ofWeights(['gate_proj', 'up_proj'])),
    down: smoothingFactors(largest('down'), ofWeights(['down_proj'])),
  };
}

function factorFeeds(config: TransformerConfig, weights: BlockFeeds, factors: BlockFactors): BlockFeeds {
  return {
    input_layernorm: dividedNorm(weights.input_layernorm!, factors.attention),
    post_attention_layernorm: dividedNorm(weights.post_attention_layernorm!, factors.mlp),
    'smoothing.attention': vector(factors.attention),
    'smoothing.mlp': vector(factors.mlp),
    'smoothing.down': vector(factors.down),
    'smoothing.downInverse': hostTensor(inverse(factors.down), [config.mlpSize, 1]),
  };
}

async function quantizeMatrices(
  quantizer: MatrixQuantizer,
  weights: BlockFeeds,
  factors: BlockFactors,
  singleCopy: boolean,
): Promise<BlockFeeds> {
  const feeds: Record<string, HostTensor> = {};
  for (const name of QUANTIZED_MATRICES) {
    const parts = modulesOf(name).map((module) => weights[module]!);
    const input = INPUT_OF[name];
    const scaling = {
      // The down product's input is smoothed by the up product's output: silu(gate) * (up / factor).
      ...(name === 'up_proj' ? { rows: inverse(factors.down) } : {}),
      ...(input ? { columns: factors[input] } : {}),
    };
    const codes = singleCopy
      ? await quantizer.rows(parts, scaling)
      : await quantizer.bothWays(parts, scaling);
    for (const [part, tensor] of Object.entries(codes)) feeds[`${name}.${part}`] = tensor;
  }
  return feeds;
}

/** Norms of heads and outputs, and biases: float32 as they are. */
function extras(config: TransformerConfig, weights: BlockFeeds): BlockFeeds {
  const names = [...vectorNames(config).keys()];
  // Copied: the memory is the next block's.
  return Object.fromEntries(names.map((name) => [name, vector(float32Of(weights[name]).slice())]));
}

/** sqrt(largest activation / largest weight) of each channel; channels that are never used stay as they are. */
function smoothingFactors(activations: Float32Array, weights: readonly Float32Array[]): Float32Array {
  return activations.map((largest, channel) => {
    const factor = Math.sqrt(largest / Math.max(...weights.map((each) => each[channel]!)));
    return Number.isFinite(factor) && factor > 0 ? factor : 1;
  });
}

function inverse(factors: Float32Array): Float32Array {
  return factors.map((factor) => 1 / factor);
}

function dividedNorm(norm: HostTensor, factors: Float32Array): HostTensor {
  return vector(float32Of(norm).map((value, channel) => value / factors[channel]!));
}

function vector(values: Float32Array): HostTensor {
  return hostTensor(values, [values.length]);
}
