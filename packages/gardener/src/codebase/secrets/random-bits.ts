import { letterIndex, WORD_START, wordBits } from './letter-pairs.js';

type Kind = 'lower' | 'upper' | 'digit' | 'separator' | 'symbol';

// What speaks for a string that no one made to be read, in bits; weighed so that words, names and phrases come out
// below
// zero and random characters far above (docs/privacy.md has the measured rates).
const DIGIT_AFTER_LETTER = 1.5;
const LETTER_AFTER_DIGIT = 2;
const DIGIT_AFTER_DIGIT = 0.2;
const SYMBOL = 1.5;
const CAPITAL_INSIDE = 0.5;
const CAPITAL_ALONE = 2;
const CASE_BREAK = 1.5;

/**
 * How much a string looks random rather than written: the odds, in bits, of its pairs of letters by chance against
 * those of
 * words, and of its changes between letters, digits and symbols. Words are below 0, eight random letters and digits
 * near 11.
 */
export function randomBits(value: string): number {
  let bits = 0;
  let before: Kind = 'separator';
  let letter = WORD_START;
  let capitals = 0;
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    const kind = kindOf(character);
    if (kind === 'lower' || kind === 'upper') {
      const startsCapital = before === 'lower' && kind === 'upper';
      if (startsCapital) bits += kindOf(value[at + 1] ?? ' ') === 'lower' ? CAPITAL_INSIDE : CAPITAL_ALONE;
      else if (before === 'upper' && kind === 'lower' && capitals > 1) bits += CASE_BREAK;
      if (before === 'digit') bits += LETTER_AFTER_DIGIT;
      if (before === 'symbol') bits += CAPITAL_INSIDE;
      const continues = (before === 'lower' || before === 'upper') && !startsCapital;
      const index = letterIndex(character);
      bits -= wordBits(continues ? letter : WORD_START, index);
      letter = index;
      capitals = kind === 'upper' ? capitals + 1 : 0;
    } else {
      if (kind === 'symbol') bits += SYMBOL;
      else if (kind === 'digit' && before === 'digit') bits += DIGIT_AFTER_DIGIT;
      else if (kind === 'digit' && before !== 'separator' && before !== 'symbol') bits += DIGIT_AFTER_LETTER;
      capitals = 0;
    }
    before = kind;
  }
  return bits;
}

function kindOf(character: string): Kind {
  if (character >= 'a' && character <= 'z') return 'lower';
  if (character >= 'A' && character <= 'Z') return 'upper';
  if (character >= '0' && character <= '9') return 'digit';
  return /[\s_\-./:,]/.test(character) ? 'separator' : 'symbol';
}
