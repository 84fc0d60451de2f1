import type { Garden } from '../garden/garden.js';
import { OLLAMA_URL } from '../models/servers/ollama.js';
import { startEmbedder } from '../retrieval/embedding/choose-embedder.js';
import { RayApi } from '../training/places/ray/api/ray-api.js';
import { type Check, failed, ok } from './check.js';

const REACH_TIMEOUT_MS = 3_000;
/**
 * The servers that the settings name: the one that embeds is tried, the one that answers is asked for its models, the
 * cluster that trains for its version.
 */
export async function checkServers({ settings }: Garden): Promise<Check[]> {
  const checks: Check[] = [];
  if (settings.embeddingProvider !== 'catalogue') {
    const name = `embeddings ${settings.embeddingProvider}`;
    try {
      const embedder = await startEmbedder(settings, () => Promise.reject(new Error('not of the catalogue')));
      await embedder.dispose();
      checks.push(ok(name, `${embedder.id}, ${embedder.dimension} dimensions`));
    } catch (error) {
      checks.push(failed(name, error));
    }
  }
  const { runtimeProvider, runtimeUrl } = settings;
  if (runtimeProvider !== 'llama-cpp') {
    const url = runtimeUrl || (runtimeProvider === 'ollama' ? OLLAMA_URL : '');
    checks.push(await checkReachable(runtimeProvider, url));
  }
  if (settings.place === 'ray') checks.push(await checkRay(settings));
  return checks;
}

async function checkRay(settings: Garden['settings']): Promise<Check> {
  const name = 'place ray';
  try {
    const ray = new RayApi(settings);
    return ok(name, `Ray ${await ray.version(REACH_TIMEOUT_MS)} at ${ray.address}`);
  } catch (error) {
    return failed(name, error);
  }
}

/** Whether a server of models answers within three seconds. */
export async function checkReachable(provider: 'ollama' | 'openai', url: string): Promise<Check> {
  const name = `answers ${provider}`;
  const remedy =
    provider === 'ollama'
      ? 'Start it with `ollama serve`, or set runtimeUrl to where it is.'
      : 'Start the server, or set runtimeUrl to its address, such as http://127.0.0.1:1234/v1.';
  try {
    const path = provider === 'ollama' ? '/api/version' : '/models';
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      signal: AbortSignal.timeout(REACH_TIMEOUT_MS),
      redirect: 'error',
    });
    await response.body?.cancel();
    // A server that asks for a key is there; whether the key fits is told by the first answer.
    const isThere = response.ok || response.status === 401 || response.status === 403;
    if (isThere) return ok(name, `${url} answers`);
    return { name, state: 'fail', detail: `${url}${path} answers ${response.status}`, remedy };
  } catch (error) {
    const reason = error instanceof Error && error.name === 'TimeoutError' ? 'no answer in 3 s' : 'no server';
    return { name, state: 'fail', detail: `${url || 'no address'}: ${reason}`, remedy };
  }
}
