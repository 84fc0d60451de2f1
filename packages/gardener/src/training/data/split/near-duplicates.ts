import { present } from '../../../garden/errors/present.js';
import { hash32, mix32 } from '../random.js';

/** Hash functions of a MinHash signature: the estimate of a Jaccard similarity of 0.5 is then good to about 0.04. */
const SIGNATURE_SIZE = 128;
/**
 * Rows of one band: two texts become a candidate pair when any band is equal (32 bands of 4 rows: likely from 0.4 on).
 */
const BAND_ROWS = 4;
/** Words in one shingle. */
const SHINGLE_WORDS = 5;
/** A bucket with more members than this is compared with its first members only: keeps the work linear. */
const MAX_BUCKET = 64;

const WORD = /[A-Za-z_$][\w$]*|\d+|[^\s\w]/g;

/**
 * The distinct hashes of all runs of five tokens in `text`; shorter texts give one hash. White space does not count.
 * @param run tokens of a run. Defaults to five
 */
export function shingles(text: string, run = SHINGLE_WORDS): Uint32Array {
  const words = (text.match(WORD) ?? []).map((word) => hash32(word));
  if (words.length === 0) return new Uint32Array(0);
  const found = new Set<number>();
  const last = Math.max(1, words.length - run + 1);
  for (let start = 0; start < last; start++) {
    let hash = 0;
    const end = Math.min(words.length, start + run);
    for (let i = start; i < end; i++) hash = mix32(Math.imul(hash, 31) + present(words[i]));
    found.add(hash);
  }
  return Uint32Array.from(found);
}

/**
 * MinHash signature of a text's shingles (Broder 1997): the share of equal entries of two signatures estimates the
 * Jaccard similarity of the two sets. Null for a text without any token.
 */
export function minHash(text: string): Uint32Array | null {
  const set = shingles(text);
  if (set.length === 0) return null;
  const signature = new Uint32Array(SIGNATURE_SIZE).fill(0xffffffff);
  for (const element of set) {
    // Double hashing: h1 + i * h2 stands for 128 independent functions.
    let hash = mix32(element);
    const step = mix32(element ^ 0x9e3779b9) | 1;
    for (let i = 0; i < SIGNATURE_SIZE; i++) {
      if (hash < present(signature[i])) signature[i] = hash;
      hash = (hash + step) >>> 0;
    }
  }
  return signature;
}

/** The estimated Jaccard similarity, 0 to 1. */
export function similarity(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < SIGNATURE_SIZE; i++) if (a[i] === b[i]) equal++;
  return equal / SIGNATURE_SIZE;
}

/** Sets that only ever grow together (union-find with path halving). */
export class DisjointSets {
  private readonly parent: Int32Array;

  constructor(size: number) {
    this.parent = Int32Array.from({ length: size }, (_, i) => i);
  }

  find(item: number): number {
    let root = item;
    for (let parent = this.parentOf(root); parent !== root; parent = this.parentOf(root)) {
      const grandparent = this.parentOf(parent);
      this.parent[root] = grandparent;
      root = grandparent;
    }
    return root;
  }

  union(a: number, b: number): void {
    const rootA = this.find(a);
    const rootB = this.find(b);
    // The smaller index becomes the root, so that the outcome does not depend on the order of unions.
    if (rootA < rootB) this.parent[rootB] = rootA;
    else this.parent[rootA] = rootB;
  }

  private parentOf(item: number): number {
    return present(this.parent[item]);
  }
}

/** Calls `pair(i, j)` for every pair of texts whose estimated Jaccard similarity is at least `threshold`. */
export function forEachNearDuplicate(
  signatures: readonly (Uint32Array | null)[],
  threshold: number,
  pair: (i: number, j: number) => void,
): void {
  const buckets = new Map<string, { index: number; signature: Uint32Array }[]>();
  const seen = new Set<number>();
  for (const [index, signature] of signatures.entries()) {
    if (!signature) continue;
    for (let row = 0; row < SIGNATURE_SIZE; row += BAND_ROWS) {
      const key = `${row}:${signature.subarray(row, row + BAND_ROWS).join()}`;
      const members = buckets.get(key);
      if (!members) {
        buckets.set(key, [{ index, signature }]);
        continue;
      }
      for (const other of members) {
        const pairKey = other.index * signatures.length + index;
        if (other.index === index || seen.has(pairKey)) continue;
        seen.add(pairKey);
        if (similarity(other.signature, signature) >= threshold) pair(other.index, index);
      }
      if (members.length < MAX_BUCKET) members.push({ index, signature });
    }
  }
}

/**
 * Groups near-duplicate texts. Entry i is the smallest index of the group that text i belongs to.
 * @param threshold estimated Jaccard similarity of five-token shingles from which two texts belong together
 */
export function clusterNearDuplicates(texts: readonly string[], threshold: number): number[] {
  const sets = new DisjointSets(texts.length);
  forEachNearDuplicate(texts.map(minHash), threshold, (i, j) => sets.union(i, j));
  return texts.map((_, index) => sets.find(index));
}
