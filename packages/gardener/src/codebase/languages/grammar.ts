import type { Parser, Query } from 'web-tree-sitter';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readGrammar } from './grammar-file.js';
import type { Language } from './language.js';

// What stands in an error is code still, and is divided like other code.
const ERRORS = '\n(ERROR) @error\n(ERROR (_) @statement)\n(MISSING) @error\n';

/** A parser of one language and the query over its trees. */
export interface Grammar {
  parser: Parser;
  query: Query;
}

const grammars = new Map<string, Promise<Grammar>>();
let engine: Promise<typeof import('web-tree-sitter')> | null = null;

/**
 * The grammar of a language, compiled when it is first asked for and kept.
 * @throws GardenerError `codebase.grammar-missing`
 */
export function loadGrammar(
  language: Language,
  reader: { grammar: string; query: string },
): Promise<Grammar> {
  let grammar = grammars.get(language.id);
  if (grammar === undefined) {
    grammar = compileGrammar(language, reader);
    grammars.set(language.id, grammar);
    grammar.catch(() => grammars.delete(language.id));
  }
  return grammar;
}

async function compileGrammar(
  language: Language,
  reader: { grammar: string; query: string },
): Promise<Grammar> {
  engine ??= startEngine();
  const { Language: WasmLanguage, Parser: WasmParser, Query: WasmQuery } = await engine;
  let wasm: Uint8Array;
  try {
    wasm = await readGrammar(reader.grammar);
  } catch (error) {
    throw new GardenerError('codebase.grammar-missing', `The grammar of ${language.name} is not installed.`, {
      remedy: 'Install Gardener again (npm ci in a checkout).',
      cause: error,
    });
  }
  const grammar = await WasmLanguage.load(wasm);
  const parser = new WasmParser();
  parser.setLanguage(grammar);
  return { parser, query: new WasmQuery(grammar, `${reader.query}${ERRORS}`) };
}

async function startEngine(): Promise<typeof import('web-tree-sitter')> {
  const treeSitter = await import('web-tree-sitter');
  await treeSitter.Parser.init();
  return treeSitter;
}
