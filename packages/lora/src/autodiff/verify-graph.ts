import { LoraError } from '../errors.js';
import type { Graph } from './graph.js';
import { operatorOf } from './graph.js';

/**
 * Checks the invariants of a graph: every name is made once, every input exists before its use, and every output has
 * the shape its operator's rule gives. Run after each pass that changes a graph.
 * @throws LoraError `autodiff.invalid-graph` naming the first offence
 */
export function verifyGraph(graph: Graph): void {
  const known = new Set<string>();
  const declare = (name: string) => {
    if (known.has(name)) throw invalid(`the value ${name} is made twice`);
    known.add(name);
  };
  for (const value of graph.inputs) declare(value.name);
  for (const value of graph.constants.keys()) declare(value.name);
  for (const node of graph.nodes) {
    for (const value of node.inputs) {
      if (value && !known.has(value.name))
        throw invalid(`${node.operator} uses ${value.name} before it is made`);
    }
    const inferred = operatorOf(node.operator).infer(node.inputs, node.attributes, graph);
    for (const [i, value] of node.outputs.entries()) {
      declare(value.name);
      if (`${inferred[i]?.shape}` !== `${value.shape}`) {
        throw invalid(`${node.operator} makes [${inferred[i]?.shape}], not [${value.shape}]`);
      }
    }
  }
  for (const value of graph.outputs.values())
    if (!known.has(value.name)) throw invalid(`the output ${value.name} is never made`);
}

function invalid(why: string): LoraError {
  return new LoraError('autodiff.invalid-graph', `The graph is not well formed: ${why}.`, {
    remedy: 'Report this as a bug of the graph builder.',
  });
}
