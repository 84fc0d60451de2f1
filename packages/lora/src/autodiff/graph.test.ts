import { expect, test } from 'vitest';
import { Graph } from './graph.js';
import { lastLeavesFirst, pruneUnused } from './graph-passes.js';
import { add, neg } from './operators/index.js';

const one = (graph: Graph, value: number, shape: number[] = [1]) =>
  graph.constant('float32', shape, Float32Array.of(value));

test('small constants that hold the same are one; another shape, another sign of zero or a large one is another', () => {
  const graph = new Graph();
  expect(one(graph, 3)).toBe(one(graph, 3));
  expect(one(graph, 3, [1, 1])).not.toBe(one(graph, 3));
  expect(one(graph, -0)).not.toBe(one(graph, 0));
  const large = () => graph.constant('uint8', [2000], new Uint8Array(2000));
  expect(large()).not.toBe(large());
});

test('a constant that was dropped is there again when it is asked for', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1]);
  add(graph, x, one(graph, 3));
  graph.output(neg(graph, x), 'y');
  pruneUnused(graph);
  expect(graph.constants.size).toBe(0);
  expect(graph.constants.has(one(graph, 3))).toBe(true);
});

test('a value that is made in its turn stays though nothing reads it, and its leaf comes before those made later', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1]);
  const early = neg(graph, x);
  graph.makeHere(early);
  add(graph, x, x);
  graph.output(neg(graph, early), 'y');
  pruneUnused(graph);
  expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Neg', 'Shape', 'Neg']);
  lastLeavesFirst(graph);
  // ONNX Runtime begins with the last.
  expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Neg', 'Neg', 'Shape']);
  expect(graph.nodes.at(-1)!.inputs).toEqual([early]);
});
