import type { Settings } from '../garden/settings/settings.js';
import type { GenerationRuntime } from './runtime/runtime.js';
import type { ModelOnDisk } from './store/model-store.js';

/** The settings that choose a runtime. */
export type RuntimeSettings = Pick<
  Settings,
  | 'runtimeProvider'
  | 'runtimeUrl'
  | 'runtimeApiKey'
  | 'runtimeModel'
  | 'keptAdapters'
  | 'contextTokens'
  | 'threads'
>;

/**
 * Starts the runtime that the settings choose, with one base model.
 * @param modelOnDisk gives the base model's file; asked only where the settings choose llama.cpp
 * @param copies folder for copies of models that this machine computes faster
 * @throws GardenerError what the runtimes and `modelOnDisk` throw
 */
export async function startRuntime(
  settings: RuntimeSettings,
  modelOnDisk: () => Promise<ModelOnDisk>,
  copies: string,
): Promise<GenerationRuntime> {
  const { threads, contextTokens, keptAdapters, runtimeUrl: url, runtimeModel: model } = settings;
  const onServer = { url, model, contextTokens, apiKey: settings.runtimeApiKey };
  switch (settings.runtimeProvider) {
    case 'ollama': {
      const { startOllama } = await import('./servers/ollama-runtime.js');
      return startOllama(onServer);
    }
    case 'openai': {
      const { startOpenAi } = await import('./servers/openai-runtime.js');
      return startOpenAi(onServer);
    }
    case 'llama-cpp': {
      const { startLlamaCpp } = await import('./llama-cpp/llama-cpp.js');
      const { weights } = await modelOnDisk();
      return startLlamaCpp(weights, { threads, contextTokens, keptContexts: keptAdapters, copies });
    }
  }
}
