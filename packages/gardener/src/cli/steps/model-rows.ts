import type { Session } from '../session/session.js';
import { formatBytes } from '../terminal/quantities.js';

/** A model as `gardener models list` shows it. */
export interface ModelRow {
  id: string;
  kind: string;
  description: string;
  licence: string | null;
  /** Null when only the file can tell. */
  trainable: boolean | null;
  isDefault: boolean;
  /** Where it lies; null when it is not on disk. */
  directory: string | null;
}

/**
 * The models of the catalogue and what was fetched or used beside them.
 * @param local only what is on disk, and also what Ollama and LM Studio have there
 */
export async function modelRows({ garden }: Session, local: boolean): Promise<ModelRow[]> {
  const { listModels } = await import('../../models/store/catalogue.js');
  const { localModels, usedFiles } = await import('../../models/store/model-store.js');
  const { paths, settings } = garden;
  const fetched = await localModels(paths);
  const isDefault = (id: string) => id === settings.baseModel || id === settings.embeddingModel;
  const known = listModels().map(({ id, kind, description, licence, trainable }) => ({
    ...{ id, kind, description, licence, trainable, isDefault: isDefault(id) },
    directory: fetched.find((model) => model.id === id)?.directory ?? null,
  }));
  const own = [...fetched, ...(await usedFiles(paths))]
    .filter(({ id }) => !known.some((row) => row.id === id))
    .map(({ id, kind, manifest, directory }) => ({
      ...{ id, kind, directory, licence: manifest.licence, trainable: null, isDefault: isDefault(id) },
      description: formatBytes(manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)),
    }));
  const rows = [...known, ...own];
  if (!local) return rows;
  const here = rows.filter((row) => row.directory !== null);
  return [...here, ...(await storedRows(here))];
}

/** What other programs keep, but for what is among `rows` already. */
async function storedRows(rows: readonly ModelRow[]): Promise<ModelRow[]> {
  const { dirname } = await import('node:path');
  const { storedModels } = await import('../../models/store/foreign-stores.js');
  return storedModels()
    .filter(({ id }) => !rows.some((row) => row.id === id))
    .map(({ id, path, bytes }) => ({
      ...{ id, kind: 'base', licence: null, trainable: null, isDefault: false },
      description: `${formatBytes(bytes)}, used where it lies`,
      directory: dirname(path),
    }));
}
