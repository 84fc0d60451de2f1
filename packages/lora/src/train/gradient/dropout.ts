import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { moduleShape } from '../../transformer/config/modules.js';
import { inputNames, targetedGroups } from '../../transformer/decoder/block-inputs.js';
import type { ModelGraphOptions } from '../../transformer/decoder/model-graph.js';
import { seededRandom } from '../batches/random.js';

/** Seeds of the dropout masks of each row of a batch. */
export type DropoutSeeds = readonly (readonly number[])[];

/**
 * What stays of each input of the adapter's A matrices in one block: bytes, 1 with the probability 1 - dropout. A row's
 * masks depend on its seed alone, not on the rows it is computed with.
 * @returns by name of the graph's input, uint8 [rows * sequence, in]; nothing without dropout
 */
export function dropoutMasks(
  { config, adapter, batch: { rows, sequenceLength } }: ModelGraphOptions,
  block: number,
  seeds: DropoutSeeds,
): Record<string, HostTensor> {
  const masks: Record<string, HostTensor> = {};
  if (adapter.dropout === 0) return masks;
  const threshold = adapter.dropout * 2 ** 32;
  for (const [index, [first]] of targetedGroups(adapter.targetModules).entries()) {
    const width = moduleShape(first, config)[1];
    const rowSize = sequenceLength * width;
    const mask = new Uint8Array(rows * rowSize);
    for (const [row, seed] of seeds.entries()) {
      const random = seededRandom(...seed, block, index);
      const end = (row + 1) * rowSize;
      for (let i = row * rowSize; i < end; i++) mask[i] = random.nextUint32() < threshold ? 0 : 1;
    }
    masks[inputNames.dropout(first)] = hostTensor(mask, [rows * sequenceLength, width]);
  }
  return masks;
}
