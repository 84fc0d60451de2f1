import type { Graph, Node, Value } from './graph.js';

/**
 * Makes the nodes from index `since` on read replacement values instead of the values they were built with. The nodes
 * that computed the old values are then unused, unless something else reads them. This is how values kept from the
 * forward pass get into the backward pass instead of being computed again. Changes the graph in place.
 */
export function useInstead(graph: Graph, substitutes: ReadonlyMap<Value, Value>, since = 0): void {
  const byName = new Map([...substitutes].map(([value, other]) => [value.name, other]));
  for (const [at, node] of graph.nodes.entries()) {
    if (at < since || !node.inputs.some((used) => used && byName.has(used.name))) continue;
    const inputs = node.inputs.map((used) => (used ? (byName.get(used.name) ?? used) : null));
    graph.nodes[at] = { ...node, inputs };
  }
}

/** Drops every node and input that no output and no leaf depends on, in place. */
export function pruneUnused(graph: Graph): void {
  const needed = new Set([...graph.outputs.values(), ...graph.leaves].map((value) => value.name));
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value.name))) continue;
    kept.push(node);
    for (const value of node.inputs) if (value) needed.add(value.name);
  }
  graph.nodes.splice(0, graph.nodes.length, ...kept.reverse());
  graph.inputs.splice(0, graph.inputs.length, ...graph.inputs.filter((value) => needed.has(value.name)));
  for (const value of graph.constants.keys()) if (!needed.has(value.name)) graph.constants.delete(value);
}

/**
 * Moves the nodes whose results no other node reads to the end of the graph, in reverse order. ONNX Runtime starts
 * from the last node and computes what that needs, so the results then come about in the order in which they were
 * added. Changes the graph in place.
 */
export function lastLeavesFirst(graph: Graph): void {
  const read = new Set(graph.nodes.flatMap((node) => node.inputs.map((value) => value?.name)));
  const isLeaf = (node: Node) => !node.outputs.some((value) => read.has(value.name));
  const leaves = graph.nodes.filter(isLeaf).reverse();
  graph.nodes.splice(0, graph.nodes.length, ...graph.nodes.filter((node) => !isLeaf(node)), ...leaves);
}
