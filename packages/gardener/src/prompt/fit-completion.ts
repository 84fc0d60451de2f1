import { type CompletionParts, type CompletionPrompt, completionPrompt } from './completion-prompt.js';

/** Code has about so many characters a token. */
const CHARACTERS_PER_TOKEN = 3.2;
/** A count may be so much over the room before the prompt is made anew. */
const SLACK = 1.15;
/** How often a prompt that is too long is made smaller; text that is no code has fewer characters a token. */
const MOST_TRIES = 6;

/** Characters that about so many tokens have. */
export function charactersFor(tokens: number): number {
  return Math.floor(tokens * CHARACTERS_PER_TOKEN);
}

/**
 * A completion's prompt of about so many tokens, never more than a seventh above: counted once, since counting costs
 * time at every key press, and made smaller where the text has more tokens than code has.
 * @param most tokens that it must not have more than. Defaults to no limit but that
 */
export async function fitCompletion(
  parts: Omit<CompletionParts, 'room'>,
  tokens: number,
  countTokens: (text: string) => Promise<number>,
  most = Number.POSITIVE_INFINITY,
): Promise<CompletionPrompt> {
  let characters = Math.max(0, charactersFor(tokens));
  let prompt = completionPrompt({ ...parts, room: characters });
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { place, prompt: head, suffix, typed } = prompt;
    const counted = await countTokens(`${place.comments}${head}${suffix}${typed}`);
    if (counted <= Math.min(most, tokens * SLACK)) break;
    characters = Math.max(0, Math.floor((characters * Math.min(most, tokens)) / counted));
    prompt = completionPrompt({ ...parts, room: characters });
  }
  return prompt;
}
