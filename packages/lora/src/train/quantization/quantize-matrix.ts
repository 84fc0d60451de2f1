import { Graph, type Value } from '../../autodiff/graph.js';
import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import {
  absolute,
  add,
  concat,
  mul,
  reciprocal,
  reduceMax,
  reduceSum,
  reshape,
  transpose,
} from '../../autodiff/operators/index.js';
import { GraphSession, type SessionOptions } from '../../autodiff/session.js';

/** What the rows [out] and columns [in] of a matrix are multiplied by before it is quantised. */
export interface MatrixFactors {
  rows?: Float32Array;
  columns?: Float32Array;
}

/** A matrix W [out, in] as signed 8-bit codes for products in both directions. */
export interface BothWays {
  /** W^T, int8 [in, out]. */
  forward: HostTensor;
  /** Of each output, float32 [out]. */
  forwardScale: HostTensor;
  /** W, int8 [out, in]. */
  backward: HostTensor;
  /** Of each input, float32 [in]. */
  backwardScale: HostTensor;
}

/** A matrix [rows, columns] as signed 8-bit codes with a scale for each row. */
export interface QuantizedRows {
  /** int8 [rows, columns] */
  codes: HostTensor;
  /** float32 [rows] */
  scale: HostTensor;
}

/** The same, as the head's table needs it. */
export interface QuantizedEntries extends QuantizedRows {
  /** The codes, [columns, rows]. */
  turned: HostTensor;
  /** Of all rows before rounding, float32 [1, columns]. */
  sum: HostTensor;
}

/** Added to every scale, so that nothing is divided by zero where a row holds only zeros. */
const SMALLEST_SCALE = 1e-30;

type Kind = 'bothWays' | 'rows' | 'entries';

/**
 * Quantises matrices symmetrically, on ONNX Runtime: some ten times as fast as loops, on all threads. Parts given
 * together are one matrix, one below the other.
 */
export class MatrixQuantizer implements AsyncDisposable {
  /** By what they compute; see `#session`. */
  readonly #sessions = new Map<string, Promise<GraphSession>>();

  /** @param largestCode of either sign, at most 127 */
  constructor(
    private readonly largestCode: number,
    private readonly options: SessionOptions,
  ) {}

  /** @param parts float32 [out of the part, in] each */
  async bothWays(parts: readonly HostTensor[], factors: MatrixFactors = {}): Promise<BothWays> {
    const outputs = await this.#run('bothWays', parts, factors);
    return outputs as Record<keyof BothWays, HostTensor>;
  }

  /** @param parts float32 [rows of the part, columns] each */
  async rows(parts: readonly HostTensor[], factors: MatrixFactors = {}): Promise<QuantizedRows> {
    const outputs = await this.#run('rows', parts, factors);
    return outputs as Record<keyof QuantizedRows, HostTensor>;
  }

  /** @param entries float32 [rows, columns] */
  async entries(entries: HostTensor): Promise<QuantizedEntries> {
    const outputs = await this.#run('entries', [entries], {});
    return outputs as Record<keyof QuantizedEntries, HostTensor>;
  }

  async #run(kind: Kind, parts: readonly HostTensor[], { rows, columns }: MatrixFactors) {
    const shapes = parts.map(({ dims }) => dims as readonly [number, number]);
    const key = `${kind} ${shapes.join(' ')} ${rows !== undefined} ${columns !== undefined}`;
    const graph = () => quantizingGraph(kind, shapes, [rows, columns], this.largestCode);
    const session = this.#sessions.get(key) ?? GraphSession.create(graph(), this.options);
    this.#sessions.set(key, session);
    return await (await session).run({
      ...Object.fromEntries(parts.map((part, i) => [`part.${i}`, part])),
      ...(rows ? { rows: hostTensor(rows, [rows.length, 1]) } : {}),
      ...(columns ? { columns: hostTensor(columns, [1, columns.length]) } : {}),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await (await session)[Symbol.asyncDispose]();
  }
}

function quantizingGraph(
  kind: Kind,
  shapes: readonly (readonly [number, number])[],
  [rows, columns]: readonly (Float32Array | undefined)[],
  largestCode: number,
): Graph {
  const graph = new Graph();
  const parts = shapes.map((shape, i) => graph.input(`part.${i}`, 'float32', shape));
  let matrix = concat(graph, parts, 0);
  const [out, inner] = matrix.shape as [number, number];
  if (rows) matrix = mul(graph, matrix, graph.input('rows', 'float32', [out, 1]));
  if (columns) matrix = mul(graph, matrix, graph.input('columns', 'float32', [1, inner]));
  const magnitudes = absolute(graph, matrix);
  const ofRows = quantized(graph, matrix, reduceMax(graph, magnitudes, [1]), largestCode);
  const scale = reshape(graph, ofRows.scale, [out]);
  if (kind !== 'bothWays') {
    graph.output(ofRows.codes, 'codes');
    graph.output(scale, 'scale');
    if (kind === 'rows') return graph;
    graph.output(transpose(graph, ofRows.codes, [1, 0]), 'turned');
    graph.output(reduceSum(graph, matrix, [0]), 'sum');
    return graph;
  }
  graph.output(transpose(graph, ofRows.codes, [1, 0]), 'forward');
  graph.output(scale, 'forwardScale');
  const ofColumns = quantized(graph, matrix, reduceMax(graph, magnitudes, [0]), largestCode);
  graph.output(ofColumns.codes, 'backward');
  graph.output(reshape(graph, ofColumns.scale, [inner]), 'backwardScale');
  return graph;
}

/** @param largest magnitude of each row, [rows, 1], or of each column, [1, columns] */
function quantized(graph: Graph, matrix: Value, largest: Value, largestCode: number) {
  const scalar = (value: number) => graph.constant('float32', [1], Float32Array.of(value));
  const scale = add(graph, mul(graph, largest, scalar(1 / largestCode)), scalar(SMALLEST_SCALE));
  // Divided before, not by the operator: it takes one scale for all several times as fast as one for each column.
  const inCodes = mul(graph, matrix, reciprocal(graph, scale));
  const one = graph.constant('float32', [], Float32Array.of(1));
  const zero = graph.constant('int8', [], Int8Array.of(0));
  const [codes] = graph.apply('QuantizeLinear', [inCodes, one, zero], {});
  return { codes: codes!, scale };
}
