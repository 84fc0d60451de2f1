import { Graph } from '../../packages/lora/src/autodiff/graph.js';
import { type HostTensor, hostTensor } from '../../packages/lora/src/autodiff/host-tensor.js';
import { gemm } from '../../packages/lora/src/autodiff/operators/index.js';
import { GraphSession } from '../../packages/lora/src/autodiff/session.js';
import type { TransformerConfig } from '../../packages/lora/src/transformer/config/transformer-config.js';

const SIZE = 1024;
const RUNS = 40;

/**
 * What ONNX Runtime's products reach on this machine when nothing else is in the way: [1024, 1024] times a packed
 * [1024, 1024], the fastest of many runs, in 10^9 multiplications and additions a second.
 */
export async function matrixPeak(threads: number): Promise<{ int8: number; float32: number }> {
  const codes = hostTensor(new Uint8Array(SIZE * SIZE).fill(130), [SIZE, SIZE]);
  const values = hostTensor(new Float32Array(SIZE * SIZE).fill(1), [SIZE, SIZE]);
  return {
    int8: await speed(threads, int8Product(), codes),
    float32: await speed(threads, float32Product(), values),
  };
}

function float32Product(): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [SIZE, SIZE]);
  const weight = graph.constant('float32', [SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(0.5));
  graph.output(gemm(graph, x, weight), 'y');
  return graph;
}

function int8Product(): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'uint8', [SIZE, SIZE]);
  const weight = graph.constant('int8', [SIZE, SIZE], new Int8Array(SIZE * SIZE).fill(3));
  const scale = graph.constant('float32', [], Float32Array.of(1));
  const scales = graph.constant('float32', [SIZE], new Float32Array(SIZE).fill(0.01));
  const zeroPoint = graph.constant('uint8', [], Uint8Array.of(128));
  const [y] = graph.apply('MatMulIntegerToFloat', [x, weight, scale, scales, zeroPoint], {});
  graph.output(y!, 'y');
  return graph;
}

async function speed(threads: number, graph: Graph, x: HostTensor): Promise<number> {
  await using session = await GraphSession.create(graph, { threads, spinning: true, packConstants: true });
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    await session.run({ x });
    times.push(performance.now() - start);
  }
  return (2 * SIZE ** 3) / Math.min(...times) / 1e6;
}

/**
 * Multiplications and additions of a training step, in 10^9 a token: frozen products forward and back,
 * attention, the adapter forward and both ways back, the vocabulary's product. What is computed again is not
 * counted: it is a mode's own choice.
 */
export function operationsPerToken(
  config: TransformerConfig,
  adapterParameters: number,
  sequenceLength: number,
): number {
  const { hiddenSize, mlpSize, blockCount, headCount, keyValueHeadCount, headSize, vocabularySize } = config;
  const heads = headCount * headSize;
  const frozen = blockCount * hiddenSize * (2 * heads + 2 * keyValueHeadCount * headSize + 3 * mlpSize);
  // Queries by keys and weights by values, half of the keys on average, forward once and back twice.
  const attention = blockCount * 3 * 2 * heads * (sequenceLength / 2);
  const multiplications = 2 * frozen + attention + 3 * adapterParameters + vocabularySize * hiddenSize;
  return (2 * multiplications) / 1e9;
}
