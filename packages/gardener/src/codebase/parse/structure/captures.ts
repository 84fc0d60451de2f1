import type { LineSpan } from './code-structure.js';
import { countBefore } from './sorted.js';

/** One capture of a query, free of the syntax tree. */
export interface Capture extends LineSpan {
  /** As in the query: `symbol.function`, `name`, `import.source`, ... */
  name: string;
  /** The node's identity within its tree. */
  id: number;
  startIndex: number;
  endIndex: number;
  /** Whether a wrapper around it makes it public. */
  exported: boolean;
}

/** The captures of one match. */
export type CaptureGroup = Capture[];

/** A range of offsets in a text. */
export interface Extent {
  startIndex: number;
  endIndex: number;
}

/** Those of the sorted captures that begin inside a range. */
export function within<T extends { startIndex: number }>(sorted: readonly T[], range: Extent): T[] {
  const first = countBefore(sorted, ({ startIndex }) => startIndex < range.startIndex);
  const end = countBefore(sorted, ({ startIndex }) => startIndex < range.endIndex);
  return sorted.slice(first, end);
}

/** Whether one range is inside another one and not equal to it: two declarators of one statement are neighbours. */
export function contains(outer: Extent, inner: Extent): boolean {
  return (
    inner.startIndex >= outer.startIndex &&
    inner.endIndex <= outer.endIndex &&
    (inner.startIndex > outer.startIndex || inner.endIndex < outer.endIndex)
  );
}
