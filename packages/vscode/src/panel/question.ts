import type { AskedCode } from './messages.js';

/** More would leave the model no room for the code around it. In UTF-16 units. */
const MAX_CODE = 6_000;

/**
 * A question with the code that it is about, as the model is asked. Pure.
 * @param text of the code
 */
export function questionAbout(question: string, { path, from, to }: AskedCode, text: string): string {
  const code = text.length <= MAX_CODE ? text : `${text.slice(0, MAX_CODE)}\n… (cut off here)`;
  // A longer fence than any that stands in the code.
  const longest = Math.max(2, ...[...code.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const lines = from === to ? `line ${from}` : `lines ${from} to ${to}`;
  return `${question}\n\nThis is about ${path}, ${lines}:\n${fence}\n${code}\n${fence}`;
}
