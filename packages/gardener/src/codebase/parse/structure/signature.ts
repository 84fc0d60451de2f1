const MAX_SIGNATURE_CHARACTERS = 400;
const MAX_DOCSTRING_CHARACTERS = 2_000;

interface Range {
  startIndex: number;
  endIndex: number;
}

/** A declaration up to its body as one line, without the decorators before it and the comments in it. */
export function declarationSignature(
  text: string,
  declaration: Range,
  nameStart: number,
  body: Range | undefined,
  decorators: readonly Range[],
  comments: readonly Range[],
): string {
  let start = declaration.startIndex;
  for (const decorator of decorators) {
    if (decorator.startIndex >= declaration.startIndex && decorator.endIndex <= nameStart) {
      start = Math.max(start, decorator.endIndex);
    }
  }
  // The body of C's `typedef struct { … } name` stands before the name.
  const isBefore = body !== undefined && body.endIndex <= nameStart;
  const bodyStart =
    body === undefined || isBefore ? declaration.endIndex : Math.max(body.startIndex, nameStart);
  const end = Math.min(bodyStart, isBefore ? bodyStart : start + 4 * MAX_SIGNATURE_CHARACTERS);
  const left = isBefore ? [{ startIndex: body.startIndex, endIndex: body.endIndex }] : [];
  return withoutRanges(text, start, end, isBefore ? [...left, ...after(comments, body)] : comments)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\s*(?:=>|[{=:;])$/, '')
    .slice(0, MAX_SIGNATURE_CHARACTERS);
}

function after(ranges: readonly Range[], body: Range): Range[] {
  return ranges.filter(({ startIndex }) => startIndex >= body.endIndex);
}

function withoutRanges(text: string, start: number, end: number, ranges: readonly Range[]): string {
  let kept = '';
  let cursor = start;
  for (const range of ranges) {
    if (range.startIndex < cursor || range.startIndex >= end) continue;
    kept += text.slice(cursor, range.startIndex);
    cursor = range.endIndex;
  }
  return cursor >= end ? kept : kept + text.slice(cursor, end);
}

// Notes to tools say nothing about the code.
const DIRECTIVE =
  /^(?:eslint|biome-ignore|prettier-ignore|@ts-|tslint|istanbul|c8 |noqa|type: ?ignore|pylint|mypy|pragma|!)/;

// C#'s documentation comments are XML.
const XML_TAG =
  /<\/?(?:summary|remarks|para|returns|value|example|code|c|param|typeparam|exception|inheritdoc)(?:\s[^<>]*)?\/?>/g;

/** The words of a comment or docstring, without its markers; null when nothing is left. */
export function docstringText(source: string | null): string | null {
  if (source === null) return null;
  const inner = source
    .replace(/^[a-zA-Z]{0,2}("""|'''|"|')([\s\S]*)\1$/, '$2')
    .replace(/^\/\*+!?|^<!--/, '')
    .replace(/\*+\/$|-->$/, '')
    .replace(XML_TAG, '');
  const words = inner
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\/\/+!?|#+|--|\*(?!\*)|;+)?\s?/, '').replace(/\s+$/, ''))
    .filter((line) => !DIRECTIVE.test(line.trim()))
    .map((line) => line.trim());
  const text = words
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return text === '' ? null : text.slice(0, MAX_DOCSTRING_CHARACTERS);
}
