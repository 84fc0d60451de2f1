import { readFile } from 'node:fs/promises';
import type { Node, Parser, Query } from 'web-tree-sitter';
import { GardenerError } from '../garden/errors.js';
import type { LanguageId } from './chunk-types.js';
import { findLanguage, grammarFile, LANGUAGES, type Language } from './languages.js';
import type { ParseResult } from './parse-types.js';
import { type Capture, type CaptureGroup, readStructure } from './structure.js';

export interface ParseOptions {
  /** Ends a parse whose tree, or the query over it, takes longer. Default 2000. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 2_000;
const MAX_WRAPPERS = 4;

/**
 * Parses one source text with tree-sitter. Syntax errors are survived: what lies around them is found, and
 * `hasSyntaxErrors` says so. Grammars are loaded when first needed.
 * @param language an id of the language table
 * @throws GardenerError `codebase.unknown-language`, `codebase.parse-timeout`, `codebase.grammar-missing`.
 */
export async function parseSource(
  language: LanguageId,
  text: string,
  options: ParseOptions = {},
): Promise<ParseResult> {
  const entry = findLanguage(language);
  if (entry === null) throw unknownLanguage(language);
  const { parser, query } = await loadGrammar(entry);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  parser.reset();
  const tree = parser.parse(text, null, { progressCallback: isLater(timeoutMs) });
  if (tree === null) throw parseTimeout(language);
  try {
    const isLate = isLater(timeoutMs);
    const matches = query.matches(tree.rootNode, { progressCallback: isLate });
    if (isLate()) throw parseTimeout(language);
    const { groups, wrappers } = plainCaptures(matches.map((match) => match.captures));
    return readStructure(entry, text, groups, wrappers, tree.rootNode.hasError);
  } finally {
    tree.delete();
  }
}

/** A progress callback that ends the work after a time: true cancels, which tree-sitter's type declaration forgets. */
function isLater(timeoutMs: number): () => boolean {
  const deadline = performance.now() + timeoutMs;
  return () => performance.now() > deadline;
}

interface Grammar {
  parser: Parser;
  query: Query;
}

const grammars = new Map<LanguageId, Promise<Grammar>>();
let engine: Promise<typeof import('web-tree-sitter')> | null = null;

async function startEngine(): Promise<typeof import('web-tree-sitter')> {
  const treeSitter = await import('web-tree-sitter');
  await treeSitter.Parser.init();
  return treeSitter;
}

function loadGrammar(entry: Language): Promise<Grammar> {
  let grammar = grammars.get(entry.id);
  if (grammar === undefined) {
    grammar = compileGrammar(entry);
    grammars.set(entry.id, grammar);
    grammar.catch(() => grammars.delete(entry.id));
  }
  return grammar;
}

async function compileGrammar(entry: Language): Promise<Grammar> {
  engine ??= startEngine();
  const { Language: WasmLanguage, Parser: WasmParser, Query: WasmQuery } = await engine;
  let wasm: Buffer;
  try {
    wasm = await readFile(grammarFile(entry));
  } catch (error) {
    throw new GardenerError('codebase.grammar-missing', `The grammar of ${entry.name} is not installed.`, {
      remedy: 'run npm ci again in the folder Gardener is installed in',
      cause: error,
    });
  }
  const grammar = await WasmLanguage.load(wasm);
  const parser = new WasmParser();
  parser.setLanguage(grammar);
  return { parser, query: new WasmQuery(grammar, `${entry.query}\n(ERROR) @error\n(MISSING) @error`) };
}

/** Captures without the tree, which is freed; a symbol's capture takes in the wrappers around it. */
function plainCaptures(matches: { name: string; node: Node }[][]): {
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
      group.push(
        name.startsWith('symbol.') ? widened(name, node, wrapperIds, exportedIds) : plain(name, node),
      );
    }
    if (group.length > 0) groups.push(group);
  }
  return { groups, wrappers: { exported: exportedIds.size > 0 } };
}

function widened(name: string, node: Node, wrapperIds: Set<number>, exportedIds: Set<number>): Capture {
  let outer = node;
  let exported = exportedIds.has(node.id);
  for (let step = 0; step < MAX_WRAPPERS; step++) {
    const parent = outer.parent;
    if (parent === null || !wrapperIds.has(parent.id)) break;
    outer = parent;
    exported ||= exportedIds.has(parent.id);
  }
  return { ...plain(name, outer), exported };
}

function plain(name: string, node: Node): Capture {
  const start = node.startPosition;
  const end = node.endPosition;
  // A node that ends at the start of a line does not hold anything of that line.
  const endRow = end.column === 0 && end.row > start.row ? end.row - 1 : end.row;
  return {
    name,
    id: node.id,
    startIndex: node.startIndex,
    endIndex: node.endIndex,
    startLine: start.row + 1,
    endLine: endRow + 1,
    exported: false,
  };
}

function unknownLanguage(language: LanguageId): GardenerError {
  return new GardenerError('codebase.unknown-language', `There is no language ${JSON.stringify(language)}.`, {
    remedy: `use one of: ${LANGUAGES.map((entry) => entry.id).join(', ')}`,
  });
}

function parseTimeout(language: LanguageId): GardenerError {
  return new GardenerError('codebase.parse-timeout', `Parsing a ${language} file took too long.`, {
    remedy: 'name the file in .gardenerignore if it is not worth reading',
  });
}
