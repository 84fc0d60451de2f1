import { createHash } from 'node:crypto';
import type { SymbolKind } from '../languages/symbol-kind.js';
import type { CodeSymbol, LineSpan, ParseResult } from '../parse/structure/code-structure.js';
import { countBefore } from '../parse/structure/sorted.js';
import { usedNames } from '../parse/structure/used-names.js';
import type { Chunk, ChunkKind } from './chunk.js';
import { type ChunkLimits, LineSizes } from './divide.js';
import { BODY_KINDS, outlineSections, type Section } from './outline.js';
import { LineMarks, qualityReasons, scoreQuality } from './quality.js';

/** One screen of code: what a reader takes in at once, and a sentence-embedding model in one or two windows. */
export const DEFAULT_CHUNK_LIMITS: ChunkLimits = { lines: 60, characters: 2_400 };

const KINDS: Record<SymbolKind, ChunkKind> = {
  function: 'function',
  method: 'method',
  class: 'class',
  interface: 'interface',
  type: 'type',
  enum: 'enum',
  namespace: 'module',
  constant: 'module',
  section: 'module',
};

/**
 * Cuts a parsed file into chunks that follow its structure. Every line that is not blank is in
 * exactly one chunk, in order.
 * @param path relative to the project root, forward slashes
 * @param text the text that `parsed` was read from
 */
export function chunkFile(
  path: string,
  text: string,
  parsed: ParseResult,
  limits: ChunkLimits = DEFAULT_CHUNK_LIMITS,
): Chunk[] {
  const sizes = new LineSizes(text.split('\n'));
  const marks = new LineMarks(parsed.commentSpans, parsed.importSpans, parsed.errorSpans);
  const importNames = new Set(parsed.imports.flatMap(({ name }) => (name === null ? [] : [name])));
  const described = new Set<CodeSymbol>();
  const declared = [...declarations(parsed.symbols), ...parsed.declared].sort(
    (a, b) => a.startLine - b.startLine,
  );
  const chunks: Chunk[] = [];
  for (const section of outlineSections(parsed.symbols, parsed.statements, sizes, limits)) {
    const range = sizes.trimmed(section);
    if (range === null) continue;
    const lines = sizes.lines.slice(range.startLine - 1, range.endLine);
    const body = lines.join('\n');
    const code = lines.filter((_, index) => !marks.isImport(range.startLine + index)).join('\n');
    const { symbol } = section;
    // The docstring stands at the head: the other parts of a symbol do not repeat it.
    const isFirst = symbol !== null && !described.has(symbol);
    if (symbol !== null) described.add(symbol);
    chunks.push({
      id: createHash('sha256').update(`${path}\0${range.startLine}\0${body}`).digest('hex').slice(0, 32),
      path,
      ...range,
      language: parsed.language,
      symbol: symbol?.qualifiedName ?? null,
      names: namesWithin(range, declared, symbol),
      kind: kindOf(section),
      signature: symbol?.signature ?? null,
      docstring: isFirst ? symbol.docstring : null,
      imports: usedNames(code, importNames),
      complexity: 1 + countBetween(parsed.branchLines, range.startLine, range.endLine),
      quality: scoreQuality(qualityReasons(lines, range.startLine, marks)),
      text: body,
    });
  }
  return chunks;
}

/** Every symbol that is not inside a function. */
function declarations(symbols: readonly CodeSymbol[]): CodeSymbol[] {
  return symbols.flatMap((symbol) => [
    symbol,
    ...(BODY_KINDS.has(symbol.kind) ? [] : declarations(symbol.children)),
  ]);
}

/** The chunk's own symbol first, then all that begins in it. */
function namesWithin(
  range: LineSpan,
  declared: readonly { name: string; startLine: number }[],
  own: CodeSymbol | null,
): string[] {
  const inside = declared.filter(
    ({ startLine }) => startLine >= range.startLine && startLine <= range.endLine,
  );
  return [
    ...new Set(
      [...(own === null ? [] : [own]), ...inside].map(({ name }) => name.replace(/\s+/g, ' ').trim()),
    ),
  ].filter((name) => name !== '');
}

function kindOf({ symbol, role }: Section): ChunkKind {
  if (symbol === null) return 'module';
  return role === 'part' ? partKind(symbol) : KINDS[symbol.kind];
}

const UNDIVIDED_KINDS = new Set<SymbolKind>(['class', 'namespace', 'section']);

// What lies between a class's methods is the class still; a piece of a function is no function.
function partKind(symbol: CodeSymbol): ChunkKind {
  return UNDIVIDED_KINDS.has(symbol.kind) ? KINDS[symbol.kind] : 'block';
}

function countBetween(sorted: readonly number[], first: number, last: number): number {
  return countBefore(sorted, (line) => line <= last) - countBefore(sorted, (line) => line < first);
}
