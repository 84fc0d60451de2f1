import type { Language } from '../../languages/language.js';
import type { Capture, CaptureGroup } from './captures.js';
import type { ParseResult } from './code-structure.js';
import { readImports } from './imports.js';
import { LineMap } from './line-map.js';
import { readReferences } from './references.js';
import { nestStatements } from './statements.js';
import { SymbolReader } from './symbol-reader.js';

/** Folds a file's captures into its structure. */
export function readStructure(
  language: Language,
  text: string,
  groups: CaptureGroup[],
  file: { exported: boolean },
  hasSyntaxErrors: boolean,
): ParseResult {
  const byName = capturesByName(groups);
  const named = (name: string) => byName.get(name) ?? [];
  const lines = new LineMap(text, named('comment'), named('decorator'));
  const imports = readImports(text, groups, named);
  const branches = named('branch');
  const reader = new SymbolReader(language, text, lines, {
    calls: named('call'),
    branches,
    comments: named('comment'),
    importNames: new Set(imports.flatMap((imported) => (imported.name === null ? [] : [imported.name]))),
    fileExports: file.exported,
    following: named('visibility.following'),
  });
  return {
    language: language.id,
    symbols: reader.read(groups),
    imports,
    references: readReferences(text, [...named('call'), ...named('use')]),
    declared: named('declared').map(({ startIndex, endIndex, startLine }) => ({
      name: text.slice(startIndex, endIndex),
      startLine,
    })),
    statements: nestStatements(named('statement'), lines),
    importSpans: named('import').map(({ startLine, endLine }) => ({ startLine, endLine })),
    commentSpans: lines.commentSpans,
    branchLines: branches.map((branch) => branch.startLine),
    errorSpans: named('error').map(({ startLine, endLine }) => ({ startLine, endLine })),
    hasSyntaxErrors,
  };
}

/** All captures by their name, in order of position. */
function capturesByName(groups: CaptureGroup[]): Map<string, Capture[]> {
  const byName = new Map<string, Capture[]>();
  for (const group of groups) {
    for (const capture of group) {
      const known = byName.get(capture.name);
      if (known === undefined) byName.set(capture.name, [capture]);
      else known.push(capture);
    }
  }
  for (const captures of byName.values()) captures.sort((a, b) => a.startIndex - b.startIndex);
  return byName;
}
