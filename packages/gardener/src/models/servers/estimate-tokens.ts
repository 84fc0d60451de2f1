/**
 * Code and prose have three to four bytes a token in today's tokenizers; the lower figure
 * keeps a prompt within its room.
 */
const BYTES_PER_TOKEN = 2.5;

/** Tokens of a text for a server that does not count them: rather too many than too few. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}
