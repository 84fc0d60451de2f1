import { Graph } from '../../autodiff/graph.js';
import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { GraphSession, type SessionOptions } from '../../autodiff/session.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import { choosePrecision } from './choose-precision.js';

/**
 * About a projection of a base of half a billion parameters: [tokens, inner] x [inner, columns]. Small enough to be
 * done between two looks of the system at who else wants to compute.
 */
const TOKENS = 256;
const INNER = 1_024;
const COLUMNS = 1_024;
/** So long it is measured by default; loading comes before it. */
const MEASURE_MS = 600;

/** How fast this machine multiplies what training multiplies most. */
export interface ProductSpeed {
  /** What training would compute in here. */
  precision: Precision;
  /** Products of two numbers, added up, a second, on all threads. */
  multiplyAddsPerSecond: number;
}

/**
 * Measures how fast this machine multiplies a base's weights with activations, in the precision that training would
 * choose: from it one can say how long a training takes, before there is a base.
 * @param options.measureMs how long it may take, loading apart. Defaults to 600 ms
 */
export async function measureProductSpeed({
  measureMs = MEASURE_MS,
  ...sessions
}: Pick<SessionOptions, 'threads'> & { measureMs?: number } = {}): Promise<ProductSpeed> {
  const { precision } = await choosePrecision('auto');
  const { graph, a, b } = precision === 'int8' ? integerProduct() : floatProduct();
  async function* fixed() {
    yield ['b', b] as const;
  }
  await using session = await GraphSession.create(graph, { ...sessions, fixed: fixed() });
  await session.run({ a });
  // The best of many: what else ran meanwhile only ever makes it slower.
  let bestMs = Number.POSITIVE_INFINITY;
  const end = performance.now() + measureMs;
  do {
    const start = performance.now();
    await session.run({ a });
    bestMs = Math.min(bestMs, performance.now() - start);
  } while (performance.now() < end);
  return { precision, multiplyAddsPerSecond: (TOKENS * INNER * COLUMNS * 1000) / bestMs };
}

function integerProduct(): { graph: Graph; a: HostTensor; b: HostTensor } {
  const graph = new Graph();
  const a = graph.input('a', 'uint8', [TOKENS, INNER]);
  const b = graph.input('b', 'int8', [INNER, COLUMNS]);
  const one = graph.constant('float32', [], Float32Array.of(1));
  const scale = graph.constant('float32', [COLUMNS], new Float32Array(COLUMNS).fill(1));
  const [y] = graph.apply('MatMulIntegerToFloat', [a, b, one, scale], {});
  graph.output(y!, 'y');
  return {
    graph,
    a: hostTensor(new Uint8Array(TOKENS * INNER).fill(3), [TOKENS, INNER]),
    b: hostTensor(new Int8Array(INNER * COLUMNS).fill(2), [INNER, COLUMNS]),
  };
}

function floatProduct(): { graph: Graph; a: HostTensor; b: HostTensor } {
  const graph = new Graph();
  const a = graph.input('a', 'float32', [TOKENS, INNER]);
  const b = graph.input('b', 'float32', [INNER, COLUMNS]);
  const [y] = graph.apply('MatMul', [a, b], {});
  graph.output(y!, 'y');
  return {
    graph,
    a: hostTensor(new Float32Array(TOKENS * INNER).fill(0.5), [TOKENS, INNER]),
    b: hostTensor(new Float32Array(INNER * COLUMNS).fill(0.25), [INNER, COLUMNS]),
  };
}
