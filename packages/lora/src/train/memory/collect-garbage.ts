import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: ((options?: { type: 'minor' }) => void) | undefined;

/**
 * Frees tensors that nobody refers to any more. Their memory lies outside V8's heap and does not count for the
 * collector: left to itself, it lets hundreds of megabytes pile up.
 * @param options `young`: only what was made since the last collection, some 1 ms instead of 50
 */
export function collectGarbage({ young = false } = {}): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as typeof collect;
  }
  collect!(young ? { type: 'minor' } : undefined);
}
