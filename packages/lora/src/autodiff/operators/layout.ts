import { elementCount } from '../../weights/element-count.js';
import { defineOperators, type Graph, type Value } from '../graph.js';
import { shapeMismatch } from '../shape-rules.js';

const int64 = (graph: Graph, values: readonly number[]): Value =>
  graph.constant('int64', [values.length], BigInt64Array.from(values, BigInt));

const numbersOf = (graph: Graph, value: Value | null | undefined): number[] =>
  Array.from(graph.constants.get(value!) as BigInt64Array, Number);

/** What a Reshape is told: numbers, of which -1 stands for what is left, or the shape of another value. */
function targetShape(graph: Graph, x: Value, told: Value): number[] {
  if (!graph.constants.has(told)) {
    const source = graph.nodes.find(({ operator, outputs }) => operator === 'Shape' && outputs[0] === told);
    return [...source!.inputs[0]!.shape];
  }
  const numbers = numbersOf(graph, told);
  const left = elementCount(x.shape) / -elementCount(numbers);
  return numbers.map((size) => (size === -1 ? left : size));
}

/** The same elements, row-major, under another shape. */
export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  return graph.apply('Reshape', [x, int64(graph, shape)], {})[0]!;
}

/** The same elements as [rows, size of the last axis], however many rows a run has. */
export function asRows(graph: Graph, x: Value): Value {
  return reshape(graph, x, [-1, x.shape.at(-1)!]);
}

/** The same elements under the shape that `like` has when the graph runs. */
export function reshapeLike(graph: Graph, x: Value, like: Value): Value {
  const [shape] = graph.apply('Shape', [like], {});
  return graph.apply('Reshape', [x, shape!], {})[0]!;
}

/** Axes in the order of `permutation`. */
export function transpose(graph: Graph, x: Value, permutation: readonly number[]): Value {
  return graph.apply('Transpose', [x], { perm: permutation })[0]!;
}

/** Cuts `x` along `axis` into pieces of the given sizes. */
export function split(graph: Graph, x: Value, axis: number, sizes: readonly number[]): Value[] {
  return graph.apply('Split', [x, int64(graph, sizes)], { axis });
}

/** Joins tensors along `axis`. */
export function concat(graph: Graph, parts: readonly Value[], axis: number): Value {
  return parts.length === 1 ? parts[0]! : graph.apply('Concat', parts, { axis })[0]!;
}

/** Elements [start, end) along `axis`. */
export function slice(graph: Graph, x: Value, axis: number, start: number, end: number): Value {
  if (start === 0 && end === x.shape[axis]) return x;
  const inputs = [x, ...[start, end, axis].map((value) => int64(graph, [value]))];
  return graph.apply('Slice', inputs, {})[0]!;
}

/** Zeros before and after `x` along `axis`. */
export function padAxis(graph: Graph, x: Value, axis: number, before: number, after: number): Value {
  const pads = new Array<number>(2 * x.shape.length).fill(0);
  pads[axis] = before;
  pads[axis + x.shape.length] = after;
  return graph.apply('Pad', [x, int64(graph, pads)], {})[0]!;
}

/** Parts of `x` along `axis` at `indices`, int64 [count]: rows by default. */
export function gather(graph: Graph, x: Value, indices: Value, axis = 0): Value {
  return graph.apply('Gather', [x, indices], { axis })[0]!;
}

/** One element of each row of `x` [rows, columns], at `indices` int64 [rows, 1]. */
export function gatherElements(graph: Graph, x: Value, indices: Value): Value {
  return graph.apply('GatherElements', [x, indices], { axis: 1 })[0]!;
}

defineOperators({
  Shape: { domain: '', infer: ([x]) => [{ dtype: 'int64', shape: [x!.shape.length] }], vjp: null },
  Reshape: {
    domain: '',
    infer: ([x, shape], _attributes, graph) => {
      const target = targetShape(graph, x!, shape!);
      if (elementCount(target) !== elementCount(x!.shape))
        throw shapeMismatch('Reshape', [x!], `[${target}] has another size`);
      return [{ dtype: x!.dtype, shape: target }];
    },
    vjp: (graph, { inputs: [x] }, [dy]) => [reshape(graph, dy!, x!.shape), null],
  },
  Transpose: {
    domain: '',
    infer: ([x], { perm }) => [
      { dtype: x!.dtype, shape: (perm as readonly number[]).map((axis) => x!.shape[axis]!) },
    ],
    vjp: (graph, { attributes }, [dy]) => {
      const permutation = attributes.perm as readonly number[];
      return [
        transpose(
          graph,
          dy!,
          permutation.map((_, axis) => permutation.indexOf(axis)),
        ),
      ];
    },
  },
  Split: {
    domain: '',
    infer: ([x, sizes], { axis }, graph) => {
      const lengths = numbersOf(graph, sizes);
      if (lengths.reduce((sum, size) => sum + size, 0) !== x!.shape[axis as number]) {
        throw shapeMismatch('Split', [x!], `the pieces ${lengths} do not add up`);
      }
      return lengths.map((size) => ({
        dtype: x!.dtype,
        shape: x!.shape.map((whole, at) => (at === axis ? size : whole)),
      }));
    },
    vjp: (graph, { attributes, outputs }, gradients) => {
      const zero = (like: Value) =>
        graph.constant('float32', like.shape, new Float32Array(elementCount(like.shape)));
      const parts = gradients.map((gradient, i) => gradient ?? zero(outputs[i]!));
      return [concat(graph, parts, attributes.axis as number), null];
    },
  },
  Concat: {
    domain: '',
    infer: (parts, { axis }) => {
      const length = parts.reduce((sum, part) => sum + part!.shape[axis as number]!, 0);
      return [
        { dtype: parts[0]!.dtype, shape: parts[0]!.shape.map((size, at) => (at === axis ? length : size)) },
      ];
    },
    vjp: (graph, { inputs, attributes }, [dy]) => {
      const axis = attributes.axis as number;
      return split(
        graph,
        dy!,
        axis,
        inputs.map((part) => part!.shape[axis]!),
      );
    },
  },
  Slice: {
    domain: '',
    infer: ([x, starts, ends, axes], _attributes, graph) => {
      const [start, end, axis] = [starts, ends, axes].map((value) => numbersOf(graph, value)[0]!) as [
        number,
        number,
        number,
      ];
      if (!(start >= 0 && start < end && end <= x!.shape[axis]!))
        throw shapeMismatch('Slice', [x!], `[${start}, ${end}) is outside axis ${axis}`);
      return [{ dtype: x!.dtype, shape: x!.shape.map((size, at) => (at === axis ? end - start : size)) }];
    },
    vjp: (graph, { inputs: [x, starts, ends, axes] }, [dy]) => {
      const [start, end, axis] = [starts, ends, axes].map((value) => numbersOf(graph, value)[0]!) as [
        number,
        number,
        number,
      ];
      return [padAxis(graph, dy!, axis, start, x!.shape[axis]! - end), null, null, null];
    },
  },
  Pad: {
    domain: '',
    infer: ([x, pads], _attributes, graph) => {
      const amounts = numbersOf(graph, pads);
      const rank = x!.shape.length;
      return [
        {
          dtype: x!.dtype,
          shape: x!.shape.map((size, axis) => amounts[axis]! + size + amounts[axis + rank]!),
        },
      ];
    },
    vjp: (graph, { inputs: [x, pads] }, [dy]) => {
      const amounts = numbersOf(graph, pads);
      const cut = (gradient: Value, axis: number) =>
        slice(graph, gradient, axis, amounts[axis]!, amounts[axis]! + x!.shape[axis]!);
      return [x!.shape.reduce((gradient, _, axis) => cut(gradient, axis), dy!), null];
    },
  },
  // What is gathered from needs no gradient here: frozen tables, and probabilities whose gradient is written out.
  Gather: {
    domain: '',
    infer: ([x, indices], { axis }) => [
      { dtype: x!.dtype, shape: x!.shape.toSpliced(axis as number, 1, ...indices!.shape) },
    ],
    vjp: null,
  },
  GatherElements: {
    domain: '',
    infer: ([x, indices]) => [{ dtype: x!.dtype, shape: [...indices!.shape] }],
    vjp: null,
  },
});
