/** A form that a grammar does not know, and what to read in its place: as long, line for line. */
export interface UnknownForm {
  /** Global; every repetition bounded. */
  pattern: RegExp;
  /** What of a match is left out of what the grammar sees: offsets in the text. */
  blanked(
    match: RegExpMatchArray & { index: number },
    text: string,
  ): readonly (readonly [start: number, end: number])[];
}

/**
 * A text in which unknown forms are spaces, so that every place stays where it is; the text itself where there are
 * none.
 */
export function withoutUnknownForms(text: string, forms: readonly UnknownForm[]): string {
  const ranges = forms.flatMap(({ pattern, blanked }) =>
    [...text.matchAll(pattern)].flatMap((match) => blanked(match, text)),
  );
  if (ranges.length === 0) return text;
  ranges.sort(([a], [b]) => a - b);
  let result = '';
  let at = 0;
  for (const [start, end] of ranges) {
    if (start < at) continue;
    result += text.slice(at, start) + text.slice(start, end).replace(/[^\r\n]/g, ' ');
    at = end;
  }
  return result + text.slice(at);
}

/** The group of a match that is left out; it is the last of that text in it. */
function group(number: number): UnknownForm['blanked'] {
  return (match) => {
    const value = match[number] ?? '';
    const start = match.index + match[0].lastIndexOf(value);
    return [[start, start + value.length]];
  };
}

const MACRO = '[A-Z][A-Z0-9_]{2,60}';
const MACRO_CALL = `${MACRO}(?:\\s?\\([^()\\n]{0,80}\\))?`;

/** Macros of C and C++ where a grammar that does not expand them sees a name, a type or a statement without its end. */
export const C_MACROS: readonly UnknownForm[] = [
  {
    // class ENGINE_API Actor : public Base {, class LOCKABLE WARN_UNUSED Mutex {
    pattern: new RegExp(
      `\\b(?:class|struct|union|enum(?:\\s{1,9}(?:class|struct))?)\\s{1,9}(${MACRO_CALL}(?:\\s{1,9}${MACRO_CALL}){0,3})(?=\\s{1,9}[A-Za-z_][\\w:]{0,120}\\s{0,9}(?:final\\b\\s{0,9})?(?:<[^<>{};]{0,80}>\\s{0,9})?(?::(?!:)|\\{))`,
      'g',
    ),
    blanked: group(1),
  },
  {
    // LIB_EXPORT int run(const Options* options);
    pattern: new RegExp(
      `^[ \\t]{0,40}(${MACRO})(?=[ \\t]{1,9}(?:(?:static|inline|extern|const|constexpr|virtual|unsigned|signed|struct|class|void|bool|char|int|long|short|float|double|auto)\\b|[\\w:<>]{1,80}[ \\t*&]{1,9}\\w{1,80}[ \\t]?\\())`,
      'gm',
    ),
    blanked: group(1),
  },
  {
    // GENERATED_BODY() or Q_OBJECT on a line of its own
    pattern: new RegExp(
      `^[ \\t]{0,40}(${MACRO}\\([^()\\n]{0,200}(?:\\([^()\\n]{0,80}\\)[^()\\n]{0,80}){0,3}\\)|[A-Z][A-Z0-9]{0,30}_[A-Z0-9_]{1,60})[ \\t]{0,9}\\r?$(?!\\s{0,40}\\{)`,
      'gm',
    ),
    blanked: group(1),
  },
];

/** Kotlin's functional interfaces. */
export const KOTLIN_FORMS: readonly UnknownForm[] = [
  { pattern: /\b(fun)(?=\s{1,9}interface\s)/g, blanked: (match) => [[match.index, match.index + 3]] },
];

/** C#'s extension blocks, whose members are read as the class's. */
export const CSHARP_FORMS: readonly UnknownForm[] = [
  {
    pattern: /^[ \t]{0,80}extension\s{0,4}(?:<[^<>{}\n]{0,100}>)?\s{0,4}\([^(){}\n]{0,200}\)\s{0,200}\{/gm,
    blanked: (match, text) => {
      const open = match.index + match[0].length;
      const close = closingBrace(text, open);
      return close === -1 ? [] : [[match.index, open], [close, close + 1]]; // biome-ignore format: pairs
    },
  },
];

const MAX_BLOCK_CHARACTERS = 100_000;

/**
 * The brace that closes a block of which the inside begins at an offset, strings and comments left out; -1 without
 * one.
 */
function closingBrace(text: string, from: number): number {
  const parts =
    /\/\/[^\n]*|\/\*[^*]*(?:\*(?!\/)[^*]*)*\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.){1,8}'|[{}]/g;
  parts.lastIndex = from;
  let depth = 1;
  for (let part = parts.exec(text); part !== null; part = parts.exec(text)) {
    if (part.index - from > MAX_BLOCK_CHARACTERS) return -1;
    if (part[0] === '{') depth++;
    else if (part[0] === '}' && --depth === 0) return part.index;
  }
  return -1;
}
