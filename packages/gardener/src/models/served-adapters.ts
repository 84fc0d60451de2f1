import { GardenerError } from '../garden/errors/garden-error.js';
import { Ollama } from './servers/ollama.js';
import type { RuntimeSettings } from './start-runtime.js';

/** How long the server may take to answer: it may be gone, and the caller should not wait for it. */
const SILENCE_MS = 10_000;

/** What the models are called, up to their version, that a server has for a project's adapters. */
export function servedName(projectId: string): string {
  return `gardener-${projectId}`;
}

/**
 * Deletes the models that Ollama made of a removed project's adapters, where Ollama is the
 * runtime; other servers make none.
 * @returns null, or one sentence when it could not be done, with what to do by hand
 */
export async function deleteServedAdapters(
  { runtimeProvider, runtimeUrl, runtimeApiKey }: RuntimeSettings,
  projectId: string,
): Promise<string | null> {
  if (runtimeProvider !== 'ollama') return null;
  const name = servedName(projectId);
  try {
    const patience = { retries: 0, silenceMs: SILENCE_MS };
    const ollama = new Ollama({ url: runtimeUrl, apiKey: runtimeApiKey, ...patience });
    for (const model of await ollama.ofProject(name)) await ollama.delete(model);
    return null;
  } catch (error) {
    const reason = GardenerError.isInstance(error) ? error.message : String(error);
    return `Ollama may still have models of this project's adapters, since it could not be asked: ${reason} Delete those named ${name}-v… with ollama rm.`;
  }
}
