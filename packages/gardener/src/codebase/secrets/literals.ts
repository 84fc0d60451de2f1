/** What stands between the quotes of a string literal. */
export interface Literal {
  start: number;
  end: number;
  value: string;
}

const MAX_LITERAL_CHARACTERS = 4_000;
/** How far the value of one name is looked for. */
const MAX_STATEMENT_CHARACTERS = 600;
const MAX_LITERALS = 6;

/** The literal that opens with the quote at an offset and closes on its line, or null. */
export function literalAt(text: string, at: number): Literal | null {
  const quote = text.charAt(at);
  const limit = Math.min(text.length, at + MAX_LITERAL_CHARACTERS);
  for (let end = at + 1; end < limit; end++) {
    const character = text[end];
    if (character === quote) return { start: at + 1, end, value: text.slice(at + 1, end) };
    if (character === '\\') end++;
    else if (character === '\n') return null;
  }
  return null;
}

/**
 * The literals of the expression that begins at an offset: up to the end of its statement, or of the argument,
 * element or
 * bracket that it is. What stands in a call or in an index of it counts; what stands in braces does not.
 * @param throughCommas the expression is a list of arguments
 */
export function literalsOfExpression(text: string, from: number, throughCommas = false): Literal[] {
  const literals: Literal[] = [];
  const limit = Math.min(text.length, from + MAX_STATEMENT_CHARACTERS);
  let depth = 0;
  let last = '';
  for (let at = from; at < limit; at++) {
    const character = text.charAt(at);
    if (character === '"' || character === "'" || character === '`') {
      const literal = literalAt(text, at);
      if (literal === null) continue;
      if (literal.value !== '' && literals.push(literal) === MAX_LITERALS) break;
      at = literal.end;
    } else if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') {
      if (--depth < 0) break;
    } else if (character === '{' || character === '}' || character === ';') break;
    else if (character === ',' && depth === 0 && !throughCommas) break;
    else if (character === '\n' && depth === 0 && last !== '' && !/[=+|&?:,(.<\\-]/.test(last)) {
      if (!/^\s*(?:[+.&|]|\?\?|\?:|"|'|or\b)/.test(text.slice(at + 1, at + 80))) break;
    }
    if (character.trim() !== '') last = character;
  }
  return literals;
}
