import type { Capture } from './captures.js';
import type { Reference } from './code-structure.js';

// What stands right before a name: `a.`, `a?.`, `a().`, `a->`, `a::`, with the name that is called upon.
const RECEIVER = /([\p{ID_Continue}$@]+)\s*(?:\(\s*\)|<[^<>]*>)?\s*(?:[?!]?\.|\??->|::)$/u;
const RECEIVER_CHARACTERS = 80;

/** The names that a text calls or uses, each with what stands before it, in order of place. */
export function readReferences(text: string, captures: Capture[]): Reference[] {
  const references = new Map<number, Reference>();
  for (const { name: capture, startIndex, endIndex, startLine } of captures) {
    const before = text.slice(Math.max(0, startIndex - RECEIVER_CHARACTERS), startIndex);
    const receiver = /[.>:]$/.test(before)
      ? (RECEIVER.exec(before)?.[1]?.replace(/^[$@]+/, '') ?? null)
      : null;
    const isCall = capture === 'call' || references.get(startIndex)?.isCall === true;
    references.set(startIndex, { name: text.slice(startIndex, endIndex), receiver, isCall, line: startLine });
  }
  return [...references].sort(([a], [b]) => a - b).map(([, reference]) => reference);
}
