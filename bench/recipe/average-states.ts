import { join } from 'node:path';
import type { AdapterConfig, BaseModel, LoraAdapter } from '@codebase-gardener/lora';
import { AdamW } from '../../packages/lora/src/train/optimizer/adamw.js';
import { LoraParameters, parameterCount } from '../../packages/lora/src/train/optimizer/lora-parameters.js';
import { openSafetensors } from '../../packages/lora/src/weights/safetensors/safetensors-reader.js';

/** The mean of the states that a training has saved, matrix by matrix (https://arxiv.org/abs/2209.14981). */
export class AverageState {
  #sum: Float64Array | null = null;
  #count = 0;

  /** Takes in the state that stands in a checkpoint directory. */
  async add(directory: string): Promise<void> {
    await using checkpoint = await openSafetensors(join(directory, 'checkpoint.safetensors'));
    const values = await checkpoint.readFloat32('values');
    this.#sum ??= new Float64Array(values.length);
    for (const [at, value] of values.entries()) this.#sum[at]! += value;
    this.#count++;
  }

  /** @throws Error when nothing was taken in */
  adapter({ config }: BaseModel, adapter: AdapterConfig): LoraAdapter {
    if (this.#sum === null) throw new Error('no state was saved');
    const optimizer = new AdamW(parameterCount(config, adapter), { weightDecay: 0 });
    const mean = Float32Array.from(this.#sum, (sum) => sum / this.#count);
    return new LoraParameters(config, adapter, optimizer).toAdapter(mean);
  }
}
