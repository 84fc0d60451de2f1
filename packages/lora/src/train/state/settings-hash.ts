import { createHash, type Hash } from 'node:crypto';
import { fingerprint } from '../../weights/fingerprint.js';
import type { TrainSettings } from '../settings/train-settings.js';

/** A hash of all that decides what a run computes: base, data and settings, but not its budget or machine. */
export async function settingsHash(settings: TrainSettings): Promise<string> {
  const { base, examples, validation, adapter, initialAdapter, optimizer, batch, evaluation } = settings;
  const { steps, maxEpochs, firstEpoch, seed, trainedBlocks, machine } = settings;
  const { precision, largestWeightCode } = machine;
  const { retained, ...whenEvaluated } = evaluation;
  const hash = createHash('sha256').update(await fingerprint(base.weights));
  const shapes = {
    config: base.config,
    adapter,
    initial: initialAdapter?.config,
    maxRise: retained?.maxRise,
  };
  // Named only where it differs from what checkpoints of earlier releases were trained in.
  const order = firstEpoch === 'given' ? { firstEpoch } : {};
  const counts = { steps, maxEpochs, ...order, seed, trainedBlocks, precision, largestWeightCode };
  hash.update(JSON.stringify({ ...shapes, ...optimizer, ...batch, ...whenEvaluated, ...counts }));
  for (const modules of initialAdapter?.blocks ?? []) {
    for (const [module, { a, b }] of Object.entries(modules)) {
      hash.update(module);
      updateWith(hash, a);
      updateWith(hash, b);
    }
  }
  for (const part of [examples, validation, retained?.examples ?? []]) {
    hash.update(`${part.length} examples`);
    for (const { tokens, supervised } of part) {
      hash.update(`${tokens.length}`);
      updateWith(hash, tokens);
      hash.update(supervised ?? 'all');
    }
  }
  return hash.digest('hex');
}

function updateWith(hash: Hash, values: Float32Array | Int32Array): void {
  hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
