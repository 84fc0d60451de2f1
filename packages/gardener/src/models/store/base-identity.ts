import { fileVersion } from '../../garden/files/file-version.js';
import { type ModelOnDisk, sha256OfFile } from './model-store.js';

/** What an adapter must have been trained on to fit a base model. Hashes are sha256 in hexadecimal. */
export interface BaseIdentity {
  name: string;
  weightsHash: string;
  /** Null where our trainer cannot read the model: the hash of the weights covers it, since all is in one file. */
  tokenizerHash: string | null;
  templateHash: string | null;
}

/** Identifies a base model on disk. */
export async function identifyBase(model: ModelOnDisk): Promise<BaseIdentity> {
  const weightsHash = await hashOfWeights(model);
  // Loaded late: the command line starts without the trainer.
  const { LoraError, loadBaseModel } = await import('@codebase-gardener/lora');
  try {
    await using base = await loadBaseModel(model.weights, { weightsHash });
    const { tokenizer, template } = base.hashes;
    return { name: model.id, weightsHash, tokenizerHash: tokenizer, templateHash: template };
  } catch (error) {
    if (!LoraError.isInstance(error)) throw error;
    return { name: model.id, weightsHash, tokenizerHash: null, templateHash: null };
  }
}

/** Hashes of users' own files, by path and time of writing. */
const ownFileHashes = new Map<string, string>();

/**
 * The sha256 of a model's weights, as its manifest has it. A file of the user's own has no hash in its manifest.
 * Hashing gigabytes takes seconds, so this process hashes such a file only once for each time it was written.
 */
export async function hashOfWeights({ manifest, files, weights }: ModelOnDisk): Promise<string> {
  const recorded = manifest.files.find(({ name }) => files[name] === weights)?.sha256;
  if (recorded) return recorded;
  const writing = `${weights}\n${await fileVersion(weights)}`;
  const hash = ownFileHashes.get(writing) ?? (await sha256OfFile(weights));
  ownFileHashes.set(writing, hash);
  return hash;
}
