import { Graph } from '../autodiff/graph.js';
import { GraphSession, hostTensor } from '../autodiff/session.js';

/**
 * Whether this CPU multiplies 8-bit integers exactly. Processors without VNNI add pairs of products in 16 bits, which
 * overflows without a word for large values; the test multiplies the largest ones and looks at the sum.
 */
export async function hasExactIntegerProducts(): Promise<boolean> {
  const inner = 64;
  const columns = 16;
  const graph = new Graph();
  const a = graph.input('a', 'uint8', [1, inner]);
  const b = graph.input('b', 'int8', [inner, columns]);
  const scalar = graph.constant('float32', [], Float32Array.of(1));
  const scale = graph.constant('float32', [columns], new Float32Array(columns).fill(1));
  graph.output(graph.apply('MatMulIntegerToFloat', [a, b, scalar, scale], {})[0]!, 'y');
  await using session = await GraphSession.create(graph, { threads: 1 });
  const feeds = {
    a: hostTensor(new Uint8Array(inner).fill(255), [1, inner]),
    b: hostTensor(new Int8Array(inner * columns).fill(127), [inner, columns]),
  };
  const { y } = await session.run(feeds);
  return (y!.data as Float32Array).every((value) => value === 255 * 127 * inner);
}
