import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { type: 'minor' }) => void;

let collect: Collect | undefined;

/**
 * Frees tensors that nobody refers to any more. Their memory lies outside V8's heap and does not count for the
 * collector: left to itself, it lets hundreds of megabytes pile up.
 * @param options `young`: only what was made since the last collection, some 1 ms instead of 50
 */
export function collectGarbage({ young = false } = {}): void {
  collect ??= exposedCollector();
  collect(young ? { type: 'minor' } : undefined);
}

function exposedCollector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
