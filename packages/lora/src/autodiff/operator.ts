import { LoraError } from '../errors.js';
import type { DataType, Graph, Node, Value } from './graph.js';

/** Attribute values as ONNX knows them. A number is an integer attribute unless wrapped as `{ float }`. */
export type AttributeValue = number | readonly number[] | { readonly float: number } | string;

/**
 * The vector-Jacobian product of an operator: given the gradients of a node's outputs, one gradient for each input, or
 * null where none is wanted. A gradient may have the broadcast shape of the output: the walk sums it back.
 * @param wanted whether each input needs a gradient; a rule builds nothing for the others, so frozen weights cost nothing.
 */
export type VjpRule = (
  graph: Graph,
  node: Node,
  outputGradients: readonly (Value | null)[],
  wanted: readonly boolean[],
) => (Value | null)[];

/** What the graph needs to know of an ONNX operator. */
export interface OperatorDefinition {
  /** ONNX operator domain: '' for the standard one. */
  domain: '' | 'com.microsoft';
  /** Types and shapes of the outputs, or a loud error. */
  infer(
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeValue>>,
    graph: Graph,
  ): { dtype: DataType; shape: number[] }[];
  /** Null for an operator that has no derivative or whose derivative nobody needs yet. */
  vjp: VjpRule | null;
}

const table = new Map<string, OperatorDefinition>();

/** Adds operators to the one table. Called once by each file in operators/. */
export function defineOperators(definitions: Record<string, OperatorDefinition>): void {
  for (const [name, definition] of Object.entries(definitions)) table.set(name, definition);
}

/**
 * The definition of an operator.
 * @throws LoraError `autodiff.unknown-operator`
 */
export function operatorOf(name: string): OperatorDefinition {
  const definition = table.get(name);
  if (!definition) {
    throw new LoraError(
      'autodiff.unknown-operator',
      `The graph builder does not know the operator ${name}.`,
      {
        remedy: 'Add it to packages/lora/src/autodiff/operators.',
      },
    );
  }
  return definition;
}

/** Names of all operators that have a derivative; each owns a gradient check. */
export function differentiableOperators(): string[] {
  return [...table].filter(([, definition]) => definition.vjp !== null).map(([name]) => name);
}

/** An error naming the operator and the shapes it was given. */
export function shapeMismatch(operator: string, inputs: readonly (Value | null)[], why: string): LoraError {
  const shapes = inputs.map((value) => (value ? `[${value.shape}]` : 'none')).join(', ');
  return new LoraError('autodiff.shape-mismatch', `${operator} cannot take ${shapes}: ${why}.`, {
    remedy: 'Check the shapes of the weights against the model configuration.',
  });
}

/** The shape two tensors broadcast to, by ONNX's (NumPy's) rule. */
export function broadcastShape(operator: string, left: Value, right: Value): number[] {
  const rank = Math.max(left.shape.length, right.shape.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left.shape[axis - rank + left.shape.length] ?? 1;
    const b = right.shape[axis - rank + right.shape.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) throw shapeMismatch(operator, [left, right], 'they do not broadcast');
    result.push(Math.max(a, b));
  }
  return result;
}
