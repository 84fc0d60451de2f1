import { present } from '../../garden/errors/present.js';

/** A source of repeatable random numbers in [0, 1). */
export type Random = () => number;

/** A 32-bit hash of a string (FNV-1a with a final mix): turns names into seeds. */
export function hash32(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return mix32(hash);
}

/** Spreads the bits of a 32-bit integer (the finaliser of MurmurHash3). */
export function mix32(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A seeded generator (mulberry32): the same seed and purpose give the same numbers on every machine. The training
 * library has one that starts from numbers alone; this one decides which files are held out, and must not change with
 * that library, nor load it with its native module.
 * @param purpose keeps the streams of two uses of one seed apart
 */
export function seededRandom(seed: number, purpose: string): Random {
  let state = hash32(purpose, seed | 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = present(copy[i]);
    copy[i] = present(copy[j]);
    copy[j] = held;
  }
  return copy;
}
