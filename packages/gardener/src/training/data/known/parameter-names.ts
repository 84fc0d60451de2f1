import type { LanguageId } from '../../../codebase/languages/language.js';

/** Languages that write a parameter's type before its name. */
const TYPE_FIRST: ReadonlySet<string> = new Set(['c', 'cpp', 'csharp', 'java', 'dart', 'php']);
/** Parts of a list that are none: Python's separators, C's empty list and open end. */
const NO_PARAMETER: ReadonlySet<string> = new Set(['', '*', '/', 'void', '...']);
/** Receivers, and a parameter that is not used. */
const NAMELESS: ReadonlySet<string> = new Set(['self', 'cls', 'this', 'mut', '_']);

/**
 * Names of a function's parameters as its signature spells them, in order; empty where it has none or where they cannot
 * be told with certainty (patterns, defaults that hold brackets of another kind).
 */
export function parameterNames(signature: string, language: LanguageId): string[] {
  const list = firstList(language === 'go' ? signature.replace(/^\s*func\s*\([^)]*\)/, 'func ') : signature);
  if (list === null) return [];
  const names: string[] = [];
  for (const part of topLevelParts(list)) {
    const text = part.split(/[=]/)[0]?.trim() ?? '';
    if (NO_PARAMETER.has(text)) continue;
    const named = nameOf(text, language);
    if (named === null) return [];
    if (!NAMELESS.has(named)) names.push(named);
  }
  return names;
}

/** What stands in the first round brackets. */
function firstList(signature: string): string | null {
  const start = signature.indexOf('(');
  if (start < 0) return null;
  let depth = 0;
  for (let i = start; i < signature.length; i++) {
    if (signature[i] === '(') depth++;
    if (signature[i] === ')' && --depth === 0) return signature.slice(start + 1, i);
  }
  return null;
}

function topLevelParts(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const [i, sign] of [...list].entries()) {
    if ('([{<'.includes(sign)) depth++;
    // The arrow of a function type closes nothing.
    if (')]}'.includes(sign) || (sign === '>' && list[i - 1] !== '=' && list[i - 1] !== '-')) depth--;
    if (sign === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += sign;
  }
  return [...parts, part];
}

function nameOf(text: string, language: LanguageId): string | null {
  if (TYPE_FIRST.has(language)) return lastWord(text);
  // Swift: an argument's label stands before the name that the body knows.
  return language === 'swift' ? lastWord(text.split(':')[0] ?? '') : firstWord(text);
}

function firstWord(text: string): string | null {
  const match =
    /^(?:@\w+\s+)*(?:(?:public|private|protected|internal|override|readonly|final|mut|val|var|vararg|noinline|crossinline|inout)\s+)*[*&.]*\s*(?:mut\s+)?([A-Za-z_]\w*)/.exec(
      text,
    );
  return match?.[1] ?? null;
}

function lastWord(text: string): string | null {
  return /\$?([A-Za-z_]\w*)\s*(?:\[\s*\])?$/.exec(text.trim())?.[1] ?? null;
}
