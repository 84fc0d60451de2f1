import { LoraError } from '../errors.js';
import type { Value } from './graph.js';

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
