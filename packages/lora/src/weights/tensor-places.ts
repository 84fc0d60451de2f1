import { corrupt } from './range-file.js';

/** Where a tensor's bytes lie in a file: from `start` up to, not including, `end`. */
export interface TensorPlace {
  name: string;
  start: number;
  end: number;
}

/**
 * Refuses a file of which two tensors share bytes: no writer makes one, and reading it would give wrong weights.
 * @throws LoraError `weights.corrupt`
 */
export function refuseOverlaps(path: string, places: TensorPlace[]): void {
  const sorted = places.filter((place) => place.end > place.start).sort((a, b) => a.start - b.start);
  for (const [i, after] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before !== undefined && after.start < before.end) {
      throw corrupt(path, `the tensors "${printable(before.name)}" and "${printable(after.name)}" overlap`);
    }
  }
}

/** A name from a file, shortened and without control characters, for an error message. */
export function printable(name: string): string {
  return name.slice(0, 80).replaceAll(/\p{Cc}/gu, '?');
}
