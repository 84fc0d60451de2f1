import type { TextRules } from './text-rules.js';
import type { UnknownForm } from './unknown-forms.js';

/** A language's id is its key in the language table (`typescript`, `tsx`, `javascript`, `python`, ...). */
export type LanguageId = string;

/**
 * What a language's files are to a project. `code` is trained on and has a place in the symbol graph; `markup` (pages
 * and style sheets), `prose` and `data` are only found by search. See docs/decisions/2026-11-24-what-counts-as-code.md.
 */
export type LanguageRole = 'code' | 'markup' | 'prose' | 'data';

/** A stretch of a file that is in a language of its own. */
export interface LanguagePart {
  language: LanguageId;
  /** Offsets in the file's text. */
  start: number;
  end: number;
}

/** How the structure of a text is found: by a tree-sitter grammar and a query over its tree, or line by line. */
export type LanguageReader =
  | {
      /** Module specifier of the compiled grammar, resolved from this package. */
      grammar: string;
      /** tree-sitter query with the captures of queries/captures.md. */
      query: string;
    }
  | { rules: TextRules }
  /** A file of several languages: each part is read as its own. */
  | { parts(text: string): readonly LanguagePart[]; languages: readonly LanguageId[] };

/**
 * One language: everything the engine knows about it. A new language is one more entry of `LANGUAGES` and one query
 * file (queries/captures.md); no other code names a language.
 */
export interface Language {
  id: LanguageId;
  /** The name for people. */
  name: string;
  role: LanguageRole;
  /** Lower-case endings with their dot. */
  extensions: readonly string[];
  /** Whole file names that are of this language in spite of their ending. */
  filenames?: readonly string[];
  /** File names beyond those lists. */
  filenamePattern?: RegExp;
  /** Programs a `#!` line may name. */
  interpreters?: readonly string[];
  reader: LanguageReader;
  /** Before and after the text of a comment on one line. */
  lineComment: readonly [open: string, close: string];
  /** Names that this language's users read as private. */
  privateName?: RegExp;
  /** Words in a written visibility that make a declaration private. Default: private, fileprivate. */
  privateWords?: RegExp;
  /** Visibility of a declaration that says nothing. Default public. */
  unsaidVisibility?: 'public' | 'private';
  /** Languages that call each other's symbols have the same family; the default is the id. */
  family?: string;
  /** What its grammar does not know, left out of what it reads. */
  unknownForms?: readonly UnknownForm[];
  /** Longer texts are not read: data would flood the index. Default: the walk's limit alone. */
  maxCharacters?: number;
  /** The language that a text really is in where several share an ending; null for one that is not in the table. */
  languageOfText?(text: string): LanguageId | null;
}
