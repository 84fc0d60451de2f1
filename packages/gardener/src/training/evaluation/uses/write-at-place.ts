import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { GenerationRuntime } from '../../../models/runtime/runtime.js';
import type { CompletionPlace } from '../../data/known/completion-places.js';
import { editSimilarity } from '../statistics/edit-similarity.js';

const MAX_COMPLETION_TOKENS = 96;
/** A filling may be so many characters a token longer than the true one before it is cut. */
const CHARS_A_TOKEN = 3;
const MORE_TOKENS = 16;

/**
 * What a model writes at a place, asked as the product asks: the likeliest tokens, the rest of the line alone where the
 * place is one; a base that cannot fill in goes on from the text before the place.
 * @param arm with related code of the project, or with the file alone
 * @throws GardenerError `models.*`
 */
export async function writeAtPlace(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  { kind, text, ...questions }: CompletionPlace,
  arm: 'retrieved' | 'alone',
  signal: AbortSignal | undefined,
): Promise<string> {
  const { prompt, suffix, place } = questions[arm];
  const maxTokens = Math.min(MAX_COMPLETION_TOKENS, Math.ceil(text.length / CHARS_A_TOKEN) + MORE_TOKENS);
  const complete = async (fill: boolean): Promise<string> => {
    let written = '';
    const events = runtime.complete({
      ...{ prompt, place, maxTokens, adapter: adapterFile, temperature: 0 },
      ...(fill && { suffix }),
      ...(kind === 'line' && { stop: ['\n'] }),
      ...(signal && { signal }),
    });
    for await (const event of events) if (event.type === 'text') written += event.text;
    return written;
  };
  return complete(suffix.trim() !== '').catch((error: unknown) => {
    const cannotFill = GardenerError.isInstance(error) && error.code === 'models.no-fill-in-the-middle';
    if (!cannotFill) throw error;
    return complete(false);
  });
}

/** The first line with something in it: what a user sees first, and accepts or not. */
export function firstLine(text: string): string {
  return (text.split('\n').find((line) => line.trim() !== '') ?? '').trim();
}

/** How alike a completion is to what was really written; of one that goes on, as much as is needed to tell. */
export function likeness(written: string, text: string): number {
  return editSimilarity(written.slice(0, 2 * text.length + 20), text);
}
