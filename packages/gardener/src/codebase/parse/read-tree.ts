import type { Node } from 'web-tree-sitter';
import { onlyPart } from '../languages/component-parts.js';
import { type Grammar, loadGrammar } from '../languages/grammar.js';
import type { Language } from '../languages/language.js';
import { findLanguage } from '../languages/languages.js';
import { withoutUnknownForms } from '../languages/unknown-forms.js';
import { recoverDeclarations } from './recover-declarations.js';
import type { Capture, CaptureGroup } from './structure/captures.js';
import type { ParseResult } from './structure/code-structure.js';
import { LineTable } from './structure/line-table.js';
import { readStructure } from './structure/structure.js';
import { readTextStructure } from './structure/text-structure.js';

const MAX_WRAPPERS = 4;

/** Reads the structures of texts of one language; its grammar is loaded. */
export type StructureReader = (text: string) => ParseResult;

/**
 * Makes ready to read a language, which takes up to seconds for the first text of a large grammar.
 * @throws GardenerError `codebase.grammar-missing`
 */
export async function prepareReader(language: Language): Promise<StructureReader> {
  const { reader } = language;
  if ('parts' in reader) return prepareParts(language, reader);
  if ('rules' in reader) return (text) => readTextStructure(language, reader.rules, text);
  const grammar = await loadGrammar(language, reader);
  return (text) => readTree(language, grammar, text);
}

/** Each part is read as if the rest of the file were blank, and what is found is put together. */
async function prepareParts(
  { id }: Language,
  { parts, languages }: Extract<Language['reader'], { languages: unknown }>,
): Promise<StructureReader> {
  const readers = new Map<string, StructureReader>();
  for (const part of languages) {
    const language = findLanguage(part);
    if (language !== null) readers.set(part, await prepareReader(language));
  }
  return (text) => {
    const found = parts(text).flatMap((part) => readers.get(part.language)?.(onlyPart(text, part)) ?? []);
    const all = <T>(of: (one: ParseResult) => readonly T[]) => found.flatMap(of);
    return {
      language: id,
      symbols: all(({ symbols }) => symbols).sort((a, b) => a.startIndex - b.startIndex),
      imports: all(({ imports }) => imports).sort((a, b) => a.line - b.line),
      references: all(({ references }) => references).sort((a, b) => a.line - b.line),
      declared: all(({ declared }) => declared).sort((a, b) => a.startLine - b.startLine),
      statements: all(({ statements }) => statements).sort((a, b) => a.startLine - b.startLine),
      importSpans: all(({ importSpans }) => importSpans),
      commentSpans: all(({ commentSpans }) => commentSpans),
      branchLines: all(({ branchLines }) => branchLines).sort((a, b) => a - b),
      errorSpans: all(({ errorSpans }) => errorSpans),
      hasSyntaxErrors: found.some(({ hasSyntaxErrors }) => hasSyntaxErrors),
      isRecovered: found.some(({ isRecovered }) => isRecovered === true),
    };
  };
}

function readTree(language: Language, { parser, query }: Grammar, text: string): ParseResult {
  // What the grammar does not know is left out of what it sees; names and lines are those of the text.
  const known = withoutUnknownForms(text, language.unknownForms ?? []);
  parser.reset();
  const tree = parser.parse(known);
  if (tree === null) throw new Error('the parser gave no tree');
  try {
    const matches = query.matches(tree.rootNode);
    const places = new Places(text);
    const { groups, wrappers } = plainCaptures(
      places,
      matches.map((match) => match.captures),
    );
    const { hasError } = tree.rootNode;
    const errors = hasError && language.role === 'code' ? errorRanges(matches) : [];
    const lost = recoverDeclarations(language.id, text, places.lines, errors, groups);
    groups.push(...lost);
    const structure = readStructure(language, text, groups, wrappers, hasError);
    return { ...structure, isRecovered: known !== text || lost.length > 0 };
  } finally {
    tree.delete();
  }
}

/** Captures without the tree, which is freed; a symbol's capture takes in the wrappers around it. */
function plainCaptures(
  places: Places,
  matches: { name: string; node: Node }[][],
): {
  groups: CaptureGroup[];
  wrappers: { exported: boolean };
} {
  const wrapperIds = new Set<number>();
  const exportedIds = new Set<number>();
  for (const captures of matches) {
    for (const { name, node } of captures) {
      if (name === 'wrapper') wrapperIds.add(node.id);
      else if (name === 'exported') exportedIds.add(node.id);
    }
  }
  const groups: CaptureGroup[] = [];
  for (const captures of matches) {
    const group: Capture[] = [];
    for (const { name, node } of captures) {
      if (name === 'wrapper' || name === 'exported' || name.startsWith('_')) continue;
      if (name === 'error') {
        for (const lost of notUnderstood(node)) group.push(places.of(name, lost));
        continue;
      }
      group.push(
        name.startsWith('symbol.')
          ? widened(places, name, node, wrapperIds, exportedIds)
          : places.of(name, node),
      );
    }
    if (group.length > 0) groups.push(group);
  }
  return { groups, wrappers: { exported: exportedIds.size > 0 } };
}

function errorRanges(
  matches: { captures: { name: string; node: Node }[] }[],
): { startIndex: number; endIndex: number }[] {
  return matches
    .flatMap(({ captures }) => captures.filter(({ name }) => name === 'error'))
    .map(({ node }) => topOf(node))
    .map(({ startIndex, endIndex }) => ({ startIndex, endIndex }))
    .sort((a, b) => a.startIndex - b.startIndex);
}

/** The statement of the file that a node is in: where one place is not understood, its neighbours are misread too. */
function topOf(node: Node): Node {
  let top = node;
  for (let above = node.parent; above !== null && above.parent !== null; above = above.parent) top = above;
  return top;
}

/** What of an error has no place in the syntax: it may be around code that is whole, a file even. */
function notUnderstood(error: Node): Node[] {
  const tokens = error.children.filter((child) => child !== null && child.childCount === 0 && !child.isExtra);
  return tokens.length === 0 ? [error] : (tokens as Node[]);
}

function widened(
  places: Places,
  name: string,
  node: Node,
  wrapperIds: Set<number>,
  exportedIds: Set<number>,
): Capture {
  let outer = node;
  let above = node;
  let isAlone = true;
  let exported = exportedIds.has(node.id);
  for (let step = 0; step < MAX_WRAPPERS; step++) {
    const parent = above.parent;
    if (parent === null || !wrapperIds.has(parent.id)) break;
    isAlone &&= !holdsSeveral(parent, above);
    above = parent;
    // One of several declarations of a statement has lines of its own.
    if (isAlone) outer = parent;
    exported ||= exportedIds.has(parent.id);
  }
  return { ...places.of(name, outer), exported };
}

/** Whether a wrapper is a list of which a node is one: `type ( A …; B … )`, `const a = …, b = …`. */
function holdsSeveral(wrapper: Node, node: Node): boolean {
  const { type } = node;
  return (
    wrapper.children.filter((child) => child?.type === type).length > 1 || wrapper.child(1)?.type === '('
  );
}

/** The places of nodes in a text. Lines come from offsets: each position asked of a node is a call into WebAssembly. */
class Places {
  readonly lines: LineTable;

  constructor(private readonly text: string) {
    this.lines = new LineTable(text);
  }

  of(name: string, node: Node): Capture {
    const { id, startIndex } = node;
    // Where indentation ends a block, and where a line end belongs to a comment, a node reaches to what follows it.
    let { endIndex } = node;
    while (endIndex > startIndex && isSpace(this.text.charCodeAt(endIndex - 1))) endIndex--;
    return {
      name,
      id,
      startIndex,
      endIndex,
      startLine: this.lines.lineAt(startIndex),
      endLine: this.lines.lineAt(Math.max(startIndex, endIndex - 1)),
      exported: false,
    };
  }
}

function isSpace(code: number): boolean {
  return code === 10 || code === 32 || code === 9 || code === 13;
}
