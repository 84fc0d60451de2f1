import { createHash } from 'node:crypto';
import { fileVersion } from '../../garden/files/file-version.js';
import { type ModelOnDisk, sha256OfFile, weightNames } from './model-store.js';
import { isOfOthers } from './require-trainable.js';

/** What an adapter must have been trained on to fit a base model. Hashes are sha256 in hexadecimal. */
export interface BaseIdentity {
  name: string;
  weightsHash: string;
  /** Null where our trainer cannot read the model: the hash of the weights covers it, since all is in one file. */
  tokenizerHash: string | null;
  templateHash: string | null;
}

/**
 * Identifies a base model on disk. One that only llama.cpp can read is known by its weights alone.
 * @throws LoraError `weights.*`, `transformer.*` for a file that is damaged
 */
export async function identifyBase(model: ModelOnDisk): Promise<BaseIdentity> {
  const weightsHash = await hashOfWeights(model);
  // Loaded late: the command line starts without the trainer.
  const { LoraError, loadBaseModel } = await import('@codebase-gardener/lora');
  try {
    await using base = await loadBaseModel(model.weights, { weightsHash });
    const { tokenizer, template } = base.hashes;
    return { name: model.id, weightsHash, tokenizerHash: tokenizer, templateHash: template };
  } catch (error) {
    // Of a damaged file the reason is told: nobody should look for it in the adapter.
    if (!LoraError.isInstance(error) || !isOfOthers(error.code)) throw error;
    return { name: model.id, weightsHash, tokenizerHash: null, templateHash: null };
  }
}

/** Hashes of users' own files, by path and time of writing. */
const ownFileHashes = new Map<string, string>();

/**
 * The sha256 of a model's weights, as its manifest has it; of a split model that of the list of its parts' hashes, so
 * that it changes with every part. A file of the user's own has no hash in its manifest. Hashing gigabytes takes
 * seconds, so this process hashes such a file only once for each time it was written.
 */
export async function hashOfWeights(model: ModelOnDisk): Promise<string> {
  const { manifest, files, weights } = model;
  const hashes: string[] = [];
  for (const name of weightNames(model)) {
    const recorded = manifest.files.find((file) => file.name === name)?.sha256;
    hashes.push(recorded ?? (await hashOfOwnFile(files[name] ?? weights)));
  }
  const [first = ''] = hashes;
  return hashes.length === 1 ? first : createHash('sha256').update(hashes.join('\n')).digest('hex');
}

async function hashOfOwnFile(weights: string): Promise<string> {
  const writing = `${weights}\n${await fileVersion(weights)}`;
  const hash = ownFileHashes.get(writing) ?? (await sha256OfFile(weights));
  ownFileHashes.set(writing, hash);
  return hash;
}
