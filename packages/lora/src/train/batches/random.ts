/** A seeded stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, 2^32). */
  nextUint32(): number;
}

/**
 * A random stream that depends only on its seeds: mulberry32 started from a hash of them. Streams are derived, never
 * stored: whoever needs one again (a resumed run, a recomputed dropout mask) makes it again from the same seeds. A
 * product that trains with this library has no use for it: it is no part of the library's face.
 */
export function seededRandom(...seeds: number[]): Random {
  let state = seeds.reduce((hash, seed) => mix(hash ^ mix(seed | 0)), 0x9e3779b9);
  const nextUint32 = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return { nextUint32, next: () => nextUint32() / 2 ** 32 };
}

function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    result.splice(i, 1, ...result.splice(j, 1, ...result.slice(i, i + 1)));
  }
  return result;
}
