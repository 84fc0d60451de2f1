import type { Node } from 'web-tree-sitter';
import { loadGrammar } from '../languages/grammar.js';
import type { LanguageId } from '../languages/language.js';
import { findLanguage } from '../languages/languages.js';

/** Counts what a grammar does not understand in a text; null where that takes too long. */
export type ErrorCounter = (text: string) => number | null;

/** A text on which a grammar works longer is left alone. */
const MOST_MS = 60;

/**
 * Makes ready to count the places of a text that are no valid syntax: what the grammar cannot read, and what is
 * missing.
 * @returns null for a language without a grammar
 * @throws GardenerError `codebase.grammar-missing`
 */
export async function prepareErrorCounter(language: LanguageId): Promise<ErrorCounter | null> {
  const known = findLanguage(language);
  if (known === null || !('grammar' in known.reader)) return null;
  const { parser } = await loadGrammar(known, known.reader);
  return (text) => {
    const startedAt = performance.now();
    parser.reset();
    const tree = parser.parse(text, null, {
      // A truth cancels, whatever the type says.
      progressCallback: (() => performance.now() - startedAt > MOST_MS) as () => void,
    });
    if (tree === null) return null;
    try {
      return countErrors(tree.rootNode);
    } finally {
      tree.delete();
    }
  };
}

function countErrors(node: Node): number {
  if (node.isMissing) return 1;
  if (!node.hasError) return 0;
  const inside = node.children.reduce((sum, child) => sum + (child === null ? 0 : countErrors(child)), 0);
  return inside + (node.isError ? 1 : 0);
}
