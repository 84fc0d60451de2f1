import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Settings } from '../../garden/settings/settings.js';
import type { Ollama } from '../../models/servers/ollama.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatBytes } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

// What the commands of `gardener models` do where Ollama runs the models.

/** A model of Ollama as `gardener models list` shows it. */
export interface OllamaRow {
  id: string;
  kind: 'ollama';
  bytes: number;
  /** Whether it is the one that answers. */
  isDefault: boolean;
}

/** The models that Ollama has. */
export async function ollamaModels({ garden, signal }: Session): Promise<OllamaRow[]> {
  const { runtimeModel } = garden.settings;
  const models = await (await ollamaOf(garden.settings)).list(signal);
  return models.map(({ name, bytes }) => ({
    id: name,
    kind: 'ollama',
    bytes,
    isDefault: name === runtimeModel || name === `${runtimeModel}:latest`,
  }));
}

/** Ollama's models as lines for people. */
export function renderOllamaModels({ output }: Session, rows: readonly OllamaRow[]): string[] {
  const { quiet, strong } = output.palette;
  if (rows.length === 0) return ['Ollama has no model yet. Fetch one: gardener models pull <model>'];
  const table = rows.map(({ id, bytes, isDefault }) => [
    isDefault ? strong(oneLine(id)) : oneLine(id),
    quiet(formatBytes(bytes)),
  ]);
  return [quiet('On Ollama:'), ...renderTable(table)];
}

/** Has Ollama fetch a model, with a progress bar. */
export async function pullOllamaModel(session: Session, model: string): Promise<void> {
  const { output, garden, signal } = session;
  const ollama = await ollamaOf(garden.settings);
  const progress = output.progress();
  await ollama
    .pull(
      model,
      ({ status, done, total }) =>
        progress.update({
          label: `${oneLine(model)}: ${oneLine(status)}`,
          done,
          total,
          detail: total === null ? '' : `${formatBytes(done)} of ${formatBytes(total)}`,
        }),
      signal,
    )
    .finally(() => progress.finish());
  output.value({ pulled: model });
  output.line(`Ollama has ${oneLine(model)}. Answer with it: set runtimeModel to its name.`);
}

/** Has Ollama delete a model. */
export async function removeOllamaModel(session: Session, model: string): Promise<void> {
  const { output, garden, signal } = session;
  if (!(await (await ollamaOf(garden.settings)).delete(model, signal))) {
    throw new GardenerError('models.not-on-disk', `Ollama has no model ${model}.`, {
      remedy: 'See what it has: gardener models list.',
    });
  }
  output.value({ removed: model });
  output.line(`Removed ${oneLine(model)} from Ollama.`);
}

async function ollamaOf({ runtimeUrl, runtimeApiKey }: Settings): Promise<Ollama> {
  const { Ollama } = await import('../../models/servers/ollama.js');
  return new Ollama({ url: runtimeUrl, apiKey: runtimeApiKey });
}
