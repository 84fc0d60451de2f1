import { present } from '../../../garden/errors/present.js';

/** How many of the first items of a sorted list are `before` something: true for those in front, false from then on. */
export function countBefore<T>(sorted: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(present(sorted[middle]))) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Takes items off the end of a stack for as long as the last one is over; returns them, the last one first. */
export function popWhile<T>(stack: T[], isOver: (last: T) => boolean): T[] {
  const popped: T[] = [];
  for (let last = stack.at(-1); last !== undefined && isOver(last); last = stack.at(-1)) {
    popped.push(last);
    stack.pop();
  }
  return popped;
}
