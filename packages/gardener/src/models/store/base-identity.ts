import type { ModelOnDisk } from './model-store.js';
import { sha256OfFile } from './model-store.js';

/** What an adapter must have been trained on to fit a base model. Hashes are sha256 in hexadecimal. */
export interface BaseIdentity {
  name: string;
  weightsHash: string;
  /** Null where our trainer cannot read the model: the hash of the weights covers it, since all is in one file. */
  tokenizerHash: string | null;
  templateHash: string | null;
}

/**
 * Identifies a base model on disk. The hash of its file is taken from its manifest; a GGUF of the user's own is hashed.
 */
export async function identifyBase(model: ModelOnDisk): Promise<BaseIdentity> {
  const recorded = model.manifest.files.find(({ name }) => model.files[name] === model.weights)?.sha256;
  const weightsHash = recorded ?? (await sha256OfFile(model.weights));
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
