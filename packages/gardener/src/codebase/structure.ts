import type { Language } from './languages.js';
import { LineMap } from './line-map.js';
import type { CodeSymbol, ImportedName, LineSpan, ParseResult, SymbolKind } from './parse-types.js';
import { declarationSignature, docstringText } from './signature.js';
import { nestStatements } from './statements.js';

/** One capture of a query, free of the syntax tree. */
export interface Capture extends LineSpan {
  /** As in the query: `symbol.function`, `name`, `import.source`, ... */
  name: string;
  /** The node's identity within its tree. */
  id: number;
  startIndex: number;
  endIndex: number;
  /** Whether a wrapper around it makes it public. */
  exported: boolean;
}

/** The captures of one match. */
export type CaptureGroup = Capture[];

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
  });
  return {
    language: language.id,
    symbols: reader.read(groups),
    imports,
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

function readImports(
  text: string,
  groups: CaptureGroup[],
  named: (name: string) => Capture[],
): ImportedName[] {
  const sources = named('import.source');
  const names = named('import.name');
  // `import a, b` binds each name from a source of its own; other statements have one source for all.
  const ownSource = new Map<number, Capture>();
  for (const group of groups) {
    const name = group.find((capture) => capture.name === 'import.name');
    const source = group.find((capture) => capture.name === 'import.source');
    if (name !== undefined && source !== undefined) ownSource.set(name.id, source);
  }
  const unquoted = (source: Capture | undefined) =>
    source === undefined ? '' : text.slice(source.startIndex, source.endIndex).replace(/^['"`]|['"`]$/g, '');
  const found = new Map<string, ImportedName>();
  for (const statement of named('import')) {
    const line = statement.startLine;
    const source = unquoted(within(sources, statement)[0]);
    const bound = within(names, statement);
    if (bound.length === 0) found.set(`${line}:`, { name: null, source, line });
    for (const capture of bound) {
      const name = text.slice(capture.startIndex, capture.endIndex);
      const own = ownSource.get(capture.id);
      found.set(`${line}:${name}`, { name, source: own === undefined ? source : unquoted(own), line });
    }
  }
  return [...found.values()];
}

interface FileFacts {
  calls: Capture[];
  branches: Capture[];
  comments: Capture[];
  importNames: Set<string>;
  fileExports: boolean;
}

interface Additions {
  docstring?: string;
  visibility?: string;
}

const CLASS_KINDS = new Set<SymbolKind>(['class', 'interface']);

class SymbolReader {
  constructor(
    private readonly language: Language,
    private readonly text: string,
    private readonly lines: LineMap,
    private readonly facts: FileFacts,
  ) {}

  read(groups: CaptureGroup[]): CodeSymbol[] {
    const additions = this.readAdditions(groups);
    const found = new Map<number, CodeSymbol & { exported: boolean }>();
    for (const group of groups) {
      const symbol = group.find((capture) => capture.name.startsWith('symbol.'));
      const name = group.find((capture) => capture.name === 'name');
      if (symbol === undefined || name === undefined) continue;
      const kind = symbol.name.slice('symbol.'.length) as SymbolKind;
      // The same name may match as a constant and, more exactly, as a function.
      if (found.has(name.id) && kind === 'constant') continue;
      found.set(name.id, {
        ...this.describe(group, symbol, name, kind, additions.get(name.id) ?? {}),
        exported: symbol.exported,
      });
    }
    const sorted = [...found.values()].sort((a, b) => a.startIndex - b.startIndex || b.endIndex - a.endIndex);
    return this.nest(sorted);
  }

  private describe(
    group: CaptureGroup,
    symbol: Capture,
    name: Capture,
    kind: SymbolKind,
    added: Additions,
  ): CodeSymbol {
    const body = group.find((capture) => capture.name === 'body');
    const scope = group.find((capture) => capture.name === 'scope');
    const ownName = this.slice(name).replace(/^['"`]|['"`]$/g, '');
    const leadLine = this.lines.leadLine(symbol.startLine);
    return {
      name: ownName,
      qualifiedName: scope === undefined ? ownName : `${this.slice(scope)}.${ownName}`,
      kind,
      signature: declarationSignature(
        this.text,
        symbol,
        name.startIndex,
        body,
        within(this.lines.decorators, symbol),
        within(this.facts.comments, symbol),
      ),
      docstring: added.docstring ?? docstringText(this.lines.leadComment(symbol.startLine)),
      startLine: symbol.startLine,
      endLine: symbol.endLine,
      leadLine,
      startIndex: symbol.startIndex,
      endIndex: symbol.endIndex,
      visibility: visibilityOf(added.visibility, this.language.privateName.test(ownName)),
      complexity: 1 + within(this.facts.branches, symbol).length,
      imports: usedNames(this.slice(symbol), this.facts.importNames),
      calls: [...new Set(within(this.facts.calls, symbol).map((call) => this.slice(call)))],
      children: [],
    };
  }

  private readAdditions(groups: CaptureGroup[]): Map<number, Additions> {
    const additions = new Map<number, Additions>();
    for (const group of groups) {
      const of = group.find((capture) => capture.name === 'of');
      if (of === undefined) continue;
      const known = additions.get(of.id) ?? {};
      for (const capture of group) {
        if (capture.name === 'docstring') known.docstring = docstringText(this.slice(capture)) ?? '';
        else if (capture.name === 'visibility') known.visibility = this.slice(capture);
      }
      additions.set(of.id, known);
    }
    return additions;
  }

  private nest(sorted: (CodeSymbol & { exported: boolean })[]): CodeSymbol[] {
    const top: CodeSymbol[] = [];
    const open: CodeSymbol[] = [];
    for (const { exported, ...symbol } of sorted) {
      while (open.length > 0 && !contains(open.at(-1)!, symbol)) open.pop();
      const parent = open.at(-1);
      if (parent === undefined) {
        if (this.facts.fileExports && !exported) symbol.visibility = 'private';
        top.push(symbol);
      } else {
        symbol.qualifiedName = `${parent.qualifiedName}.${symbol.qualifiedName}`;
        if (symbol.kind === 'function' && CLASS_KINDS.has(parent.kind)) symbol.kind = 'method';
        parent.children.push(symbol);
      }
      open.push(symbol);
    }
    return top;
  }

  private slice({ startIndex, endIndex }: { startIndex: number; endIndex: number }): string {
    return this.text.slice(startIndex, endIndex);
  }
}

// Two declarators of one statement have the same range: they are neighbours, not one inside the other.
function contains(outer: CodeSymbol, inner: CodeSymbol): boolean {
  return (
    inner.endIndex <= outer.endIndex &&
    (inner.startIndex > outer.startIndex || inner.endIndex < outer.endIndex)
  );
}

function visibilityOf(written: string | undefined, hasPrivateName: boolean): CodeSymbol['visibility'] {
  if (written !== undefined && /\bprivate\b/.test(written)) return 'private';
  if (written !== undefined && /\bprotected\b/.test(written)) return 'protected';
  return hasPrivateName ? 'private' : 'public';
}

/** The captures, sorted by start, that begin inside a range. */
function within<T extends { startIndex: number }>(
  sorted: readonly T[],
  range: { startIndex: number; endIndex: number },
): T[] {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.startIndex < range.startIndex) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < sorted.length && sorted[end]!.startIndex < range.endIndex) end++;
  return sorted.slice(low, end);
}

/** Those of `names` that occur as whole identifiers in `text`, in order of first use. */
export function usedNames(text: string, names: ReadonlySet<string>): string[] {
  if (names.size === 0) return [];
  const used = new Set<string>();
  for (const [word] of text.matchAll(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu)) {
    if (names.has(word)) used.add(word);
  }
  return [...used];
}
