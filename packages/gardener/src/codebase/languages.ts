import { createRequire } from 'node:module';
import { basename } from 'node:path/posix';
import type { LanguageId } from './chunk-types.js';
import { javascriptQuery } from './queries/javascript.js';
import { pythonQuery } from './queries/python.js';
import { tsxQuery, typescriptQuery } from './queries/typescript.js';

/**
 * One language: everything the engine knows about it. A new language is one more entry of `LANGUAGES` and one query file
 * (docs of the captures: queries/captures.md); no other code names a language.
 */
export interface Language {
  id: LanguageId;
  /** The name for people. */
  name: string;
  /** Lower-case endings with their dot. */
  extensions: readonly string[];
  /** Whole file names that are of this language in spite of their ending. */
  filenames: readonly string[];
  /** Programs a `#!` line may name. */
  interpreters: readonly string[];
  /** Module specifier of the compiled tree-sitter grammar, resolved from this package. */
  grammar: string;
  /** tree-sitter query that captures symbols, imports, calls, branches, comments and statements. */
  query: string;
  /** Names that this language's users read as private. */
  privateName: RegExp;
  /** Text of another format that shares an ending (Qt's translations are `.ts` too). */
  foreignText?: RegExp;
}

const GRAMMARS = '@vscode/tree-sitter-wasm/wasm';

export const LANGUAGES: readonly Language[] = [
  {
    id: 'typescript',
    name: 'TypeScript',
    extensions: ['.ts', '.mts', '.cts'],
    filenames: [],
    interpreters: ['deno', 'ts-node', 'tsx', 'bun'],
    grammar: `${GRAMMARS}/tree-sitter-typescript.wasm`,
    query: typescriptQuery,
    privateName: /^[_#]/,
    foreignText: /^\s*<(?:\?xml|!DOCTYPE)/,
  },
  {
    id: 'tsx',
    name: 'TSX',
    extensions: ['.tsx'],
    filenames: [],
    interpreters: [],
    grammar: `${GRAMMARS}/tree-sitter-tsx.wasm`,
    query: tsxQuery,
    privateName: /^[_#]/,
  },
  {
    id: 'javascript',
    name: 'JavaScript',
    extensions: ['.js', '.mjs', '.cjs', '.jsx'],
    filenames: [],
    interpreters: ['node', 'nodejs'],
    grammar: `${GRAMMARS}/tree-sitter-javascript.wasm`,
    query: javascriptQuery,
    privateName: /^[_#]/,
  },
  {
    id: 'python',
    name: 'Python',
    extensions: ['.py', '.pyi', '.pyw'],
    filenames: ['SConstruct', 'SConscript', 'wscript'],
    interpreters: ['python', 'python2', 'python3', 'pypy', 'pypy3'],
    grammar: `${GRAMMARS}/tree-sitter-python.wasm`,
    query: pythonQuery,
    privateName: /^_(?!_.*__$)/,
  },
];

const byId = new Map(LANGUAGES.map((language) => [language.id, language]));
const byExtension = new Map(LANGUAGES.flatMap((language) => language.extensions.map((e) => [e, language])));
const byFilename = new Map(LANGUAGES.flatMap((language) => language.filenames.map((f) => [f, language])));
const byInterpreter = new Map(
  LANGUAGES.flatMap((language) => language.interpreters.map((i) => [i, language])),
);

/** The languages Gardener reads, with the endings that mark them. */
export function knownLanguages(): { id: LanguageId; name: string; extensions: string[] }[] {
  return LANGUAGES.map(({ id, name, extensions }) => ({ id, name, extensions: [...extensions] }));
}

/** The table entry of `id`, or null. */
export function findLanguage(id: LanguageId): Language | null {
  return byId.get(id) ?? null;
}

/** The language of a path by file name, then by ending; null when neither is known. */
export function languageOfPath(path: string): Language | null {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  return byFilename.get(name) ?? (dot > 0 ? (byExtension.get(name.slice(dot).toLowerCase()) ?? null) : null);
}

/** The language that a script's first line names (`#!/usr/bin/env python3`), or null. */
export function languageOfFirstLine(line: string): Language | null {
  const words = /^#!\s*(.+)/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
  const programs = words.map((word) => basename(word)).filter((word) => !/^(?:-|env$|\w+=)/.test(word));
  const program = programs[0]?.replace(/(?<=\d)\.\d+$/, '');
  return program === undefined ? null : (byInterpreter.get(program) ?? null);
}

/** Path on this machine of a language's compiled grammar. */
export function grammarFile(language: Language): string {
  return createRequire(import.meta.url).resolve(language.grammar);
}
