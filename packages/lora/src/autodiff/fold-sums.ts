import type { Graph, Node } from './graph.js';

/**
 * Rewrites `Add(Gemm(a, b), c)` as `Gemm(a, b, c)` where the product has no other reader and `c` has the result's
 * shape: adding a residual or summing gradients then costs no pass over memory of its own. Changes the graph in place.
 */
export function foldSums(graph: Graph): void {
  const readers = new Map<string, number>();
  const producer = new Map<string, number>();
  for (const [at, node] of graph.nodes.entries()) {
    for (const value of node.inputs) if (value) readers.set(value.name, (readers.get(value.name) ?? 0) + 1);
    for (const value of node.outputs) producer.set(value.name, at);
  }
  for (const value of graph.outputs.values()) readers.set(value.name, (readers.get(value.name) ?? 0) + 1);
  const removed = new Set<Node>();
  for (const [at, node] of graph.nodes.entries()) {
    if (node.operator !== 'Add') continue;
    const [left, right] = node.inputs;
    // Of two products the later one takes the other as its addend: every node still comes after what it reads.
    for (const [product, addend] of [
      [right, left],
      [left, right],
    ] as const) {
      const source = graph.nodes[producer.get(product!.name) ?? -1];
      if (source?.operator !== 'Gemm' || source.inputs.length > 2 || readers.get(product!.name) !== 1)
        continue;
      if (`${addend!.shape}` !== `${product!.shape}`) continue;
      removed.add(source);
      graph.nodes[at] = { ...source, inputs: [...source.inputs, addend!], outputs: node.outputs };
      producer.set(node.outputs[0]!.name, at);
      break;
    }
  }
  graph.nodes.splice(0, graph.nodes.length, ...graph.nodes.filter((node) => !removed.has(node)));
}
