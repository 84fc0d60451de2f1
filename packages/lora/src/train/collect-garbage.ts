import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Frees tensors that nobody refers to any more. Their memory lies outside V8's heap, which hardly feels them: left to
 * itself it lets hundreds of megabytes of them pile up.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
