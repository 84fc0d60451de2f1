import { LoraError } from '../errors.js';
import type { Graph, Value } from './graph.js';
import { operatorOf } from './graph.js';
import { add, reduceSum, reshape } from './operators/index.js';

/**
 * Reverse-mode differentiation: adds to the graph the nodes that compute the gradients of `targets`.
 *
 * Only nodes on a path from a target to a seeded value are visited, so frozen weights get no gradient nodes.
 * @param seeds gradients of some values of the graph (usually of its result), each of its value's shape
 * @param targets the values whose gradients are wanted
 * @param part the nodes that are differentiated; values that others make are taken as given. Defaults to all
 * @returns one gradient for each target, in order
 * @throws LoraError `autodiff.no-gradient` when an operator on the path has no rule, or a target does not reach a seed
 */
export function gradients(
  graph: Graph,
  seeds: ReadonlyMap<Value, Value>,
  targets: readonly Value[],
  part: { since: number; until: number } = { since: 0, until: graph.nodes.length },
): Value[] {
  const forward = graph.nodes.slice(part.since, part.until);
  const onPath = new Set(targets.map((value) => value.name));
  for (const node of forward) {
    if (node.inputs.some((value) => value && onPath.has(value.name))) {
      for (const value of node.outputs) onPath.add(value.name);
    }
  }

  const contributions = new Map<string, Value[]>();
  for (const [value, gradient] of seeds) contributions.set(value.name, [gradient]);
  const total = (value: Value): Value | null => {
    const parts = contributions.get(value.name);
    if (!parts) return null;
    const sum = parts.reduce((left, right) => add(graph, left, right));
    contributions.set(value.name, [sum]);
    return sum;
  };

  for (const node of forward.reverse()) {
    const wanted = node.inputs.map((value) => value !== null && onPath.has(value.name));
    if (!wanted.includes(true)) continue;
    const outputGradients = node.outputs.map(total);
    if (outputGradients.every((gradient) => gradient === null)) continue;
    const rule = operatorOf(node.operator).vjp;
    if (!rule) {
      throw new LoraError('autodiff.no-gradient', `The operator ${node.operator} has no gradient rule.`, {
        remedy: 'Add its rule beside the operator in packages/lora/src/autodiff/operators.',
      });
    }
    const inputGradients = rule(graph, node, outputGradients, wanted);
    for (const [i, value] of node.inputs.entries()) {
      const gradient = inputGradients[i];
      if (!value || !wanted[i] || !gradient) continue;
      const known = contributions.get(value.name) ?? [];
      contributions.set(value.name, [...known, sumTo(graph, gradient, value.shape)]);
    }
  }

  return targets.map((target) => {
    const gradient = total(target);
    if (gradient) return gradient;
    throw new LoraError('autodiff.no-gradient', `The result does not depend on ${target.name}.`, {
      remedy: 'Ask only for gradients of values that the result is computed from.',
    });
  });
}

/** Undoes broadcasting: sums a gradient to the shape of the value it belongs to. */
function sumTo(graph: Graph, gradient: Value, shape: readonly number[]): Value {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((size, axis) => (axis < extra || (shape[axis - extra] === 1 && size !== 1) ? axis : -1))
    .filter((axis) => axis >= 0);
  if (axes.length === 0) return gradient;
  return reshape(graph, reduceSum(graph, gradient, axes), shape);
}
