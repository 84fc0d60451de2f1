import type { LanguageId } from '../languages/language.js';
import type { Capture, CaptureGroup } from './structure/captures.js';
import type { LineTable } from './structure/line-table.js';

// A declaration by its words, whatever the grammar makes of what surrounds it.
const DECLARATION =
  /^[ \t]{0,80}(?!(?:return|new|throw|await|yield|import|using|else|case|typeof|goto|in|a|the)\b)(?:[\w@]{1,40}(?:\([^()\n]{0,80}\))?[ \t]{1,4}){0,6}?(class|interface|struct|enum|trait|object|record|protocol|namespace|module|fun|func|fn|function|def)[ \t]{1,9}(?:[A-Z][A-Z0-9_]{2,60}[ \t]{1,9})?([A-Za-z_$][\w$]{0,100})\b(?![ \t]*[;.=])/;
const KINDS: Readonly<Record<string, string>> = {
  interface: 'interface',
  trait: 'interface',
  protocol: 'interface',
  enum: 'enum',
  namespace: 'namespace',
  module: 'namespace',
  fun: 'function',
  func: 'function',
  fn: 'function',
  function: 'function',
  def: 'function',
};
const BRACES =
  /\/\/[^\n]*|\/\*[^*]*(?:\*(?!\/)[^*]*)*\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.){1,8}'|[{};]/g;
const MAX_RECOVERED = 500;

/** A brace after a declaration in these is a value's. */
const WITHOUT_BRACES: readonly LanguageId[] = ['python', 'ruby', 'sql'];

/**
 * Declarations on lines that a parser could not place, found by their words: one that has no symbol yet becomes
 * one, to the
 * brace that closes it, or for want of braces by its indentation.
 * @param errors ranges of the text in which the parser gave up
 */
export function recoverDeclarations(
  language: LanguageId,
  text: string,
  lines: LineTable,
  errors: readonly { startIndex: number; endIndex: number }[],
  groups: readonly CaptureGroup[],
): CaptureGroup[] {
  if (errors.length === 0) return [];
  const known = new Set(
    groups.flatMap((group) =>
      isSymbol(group) ? group.filter(isName).map(({ startIndex }) => startIndex) : [],
    ),
  );
  const comments = groups.flat().filter(({ name }) => name === 'comment');
  const recovered: CaptureGroup[] = [];
  let blocks: Map<number, number> | null = null;
  let done = 0;
  for (const error of errors) {
    let start = Math.max(done, text.lastIndexOf('\n', error.startIndex - 1) + 1);
    while (start < error.endIndex && recovered.length < MAX_RECOVERED) {
      const found = text.indexOf('\n', start);
      const end = found === -1 ? text.length : found;
      const match = DECLARATION.exec(text.slice(start, Math.min(end, start + 600)));
      const [whole = '', word = '', name = ''] = match ?? [];
      const nameStart = start + whole.length - name.length;
      const isComment =
        match !== null &&
        comments.some(({ startIndex, endIndex }) => startIndex <= nameStart && nameStart < endIndex);
      if (match !== null && !isComment && !known.has(nameStart)) {
        known.add(nameStart);
        let body: ReturnType<typeof bodyAfter> = null;
        if (!WITHOUT_BRACES.includes(language)) {
          blocks ??= blocksOf(text);
          body = bodyAfter(text, nameStart + name.length, blocks);
        }
        const first = start + whole.search(/\S/);
        const last = body?.end ?? endByIndentation(text, start, end);
        const make = (kind: string, startIndex: number, endIndex: number): Capture => ({
          name: kind,
          // No node has a negative identity.
          id: -nameStart - 1,
          startIndex,
          endIndex,
          startLine: lines.lineAt(startIndex),
          endLine: lines.lineAt(Math.max(startIndex, endIndex - 1)),
          exported: true,
        });
        const group = [
          make(`symbol.${KINDS[word] ?? 'class'}`, first, last),
          make('name', nameStart, nameStart + name.length),
        ];
        if (body !== null) group.push(make('body', body.start, body.end));
        recovered.push(group);
      }
      start = end + 1;
    }
    done = Math.max(done, start);
  }
  return recovered;
}

function isSymbol(group: CaptureGroup): boolean {
  return group.some(({ name }) => name.startsWith('symbol.'));
}

function isName({ name }: Capture): boolean {
  return name === 'name';
}

/** Where the block of each opening brace ends. */
function blocksOf(text: string): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const { 0: part, index } of text.matchAll(BRACES)) {
    if (part === '{') open.push(index);
    else if (part === '}') {
      const start = open.pop();
      if (start !== undefined) ends.set(start, index + 1);
    }
  }
  return ends;
}

function bodyAfter(
  text: string,
  from: number,
  blocks: Map<number, number>,
): { start: number; end: number } | null {
  const stop = /[{;]/.exec(text.slice(from, from + 600));
  if (stop === null || stop[0] === ';') return null;
  const start = from + stop.index;
  const end = blocks.get(start);
  return end === undefined ? null : { start, end };
}

function endByIndentation(text: string, start: number, lineEnd: number): number {
  const indentation = /^[ \t]*/.exec(text.slice(start, start + 200))?.[0].length ?? 0;
  let end = lineEnd;
  let next = lineEnd + 1;
  while (next < text.length) {
    const found = text.indexOf('\n', next);
    const line = text.slice(next, found === -1 ? text.length : found);
    const isBlank = line.trim() === '';
    if (!isBlank && (/^[ \t]*/.exec(line)?.[0].length ?? 0) <= indentation) break;
    next += line.length + 1;
    if (!isBlank) end = next - 1;
  }
  return end;
}
