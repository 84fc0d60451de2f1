/** The end of a text that is not evaluated as it stands, and what comes before it. */
export interface HealedText {
  kept: string;
  /** What the first tokens that are written must begin with, or continue. */
  healed: string;
}

/** A longer word is one that the model has seen in the file; looking farther back gains nothing. */
const MOST_CHARACTERS = 32;

/**
 * Takes the last word, with the white space or the one sign before it, off the end of a prompt. Tokens of code begin
 * with a space and end with a word, so a text cut off between two key presses ends in tokens that
 * never stand there in whole files: after `of ` a model that writes ` prices` cannot, and writes something else. The
 * model writes the end itself, and may only write what agrees with it. Line ends stay.
 */
export function healTokens(text: string): HealedText {
  const [end = ''] = /(?:[ \t]+|[^\s\p{L}\p{N}_])?[\p{L}\p{N}_]*$/u.exec(text.slice(-MOST_CHARACTERS)) ?? [];
  // Half of a character that takes two places is none.
  const start = text.length - end.length;
  const isSplit = /[\uDC00-\uDFFF]/.test(text.charAt(start)) && start > 0;
  const at = isSplit ? start - 1 : start;
  return { kept: text.slice(0, at), healed: text.slice(at) };
}

/** Whether a token may come next where a text is still to be written: it begins it, or writes it and more. */
export function agrees(token: string, healed: string): boolean {
  if (token === '' || token.includes('\uFFFD')) return false;
  return token.startsWith(healed) || healed.startsWith(token);
}
