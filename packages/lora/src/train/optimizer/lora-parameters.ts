import type { LoraAdapter, LoraPair } from '../../adapter/adapter.js';
import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { LoraError } from '../../errors.js';
import type { AdapterConfig, TargetModule } from '../../transformer/config/adapter-config.js';
import { moduleShape } from '../../transformer/config/modules.js';
import type { TransformerConfig } from '../../transformer/config/transformer-config.js';
import { inputNames, targetedGroups } from '../../transformer/decoder/block-inputs.js';
import { seededRandom } from '../batches/random.js';

/** Where one matrix of the adapter lies in the flat arrays. */
export interface ParameterSlot {
  block: number;
  /** Name of the graph's input. */
  name: string;
  offset: number;
  shape: [number, number];
}

/** How many numbers an adapter trains. */
export function parameterCount(config: TransformerConfig, adapter: AdapterConfig): number {
  const { offset, shape } = slotsOf(config, adapter).at(-1)!;
  return offset + shape[0] * shape[1];
}

function slotsOf(config: TransformerConfig, adapter: AdapterConfig): ParameterSlot[] {
  const slots: ParameterSlot[] = [];
  let offset = 0;
  const add = (block: number, name: string, shape: [number, number]) => {
    slots.push({ block, name, offset, shape });
    offset += shape[0] * shape[1];
  };
  for (let block = 0; block < config.blockCount; block++) {
    for (const group of targetedGroups(adapter.targetModules)) {
      add(block, inputNames.a(group[0]!), [group.length * adapter.rank, moduleShape(group[0]!, config)[1]]);
      for (const module of group)
        add(block, inputNames.b(module), [moduleShape(module, config)[0], adapter.rank]);
    }
  }
  return slots;
}

/** Whether it is a B, without which its A changes nothing. */
function isB({ name }: ParameterSlot): boolean {
  return name.startsWith('lora_B');
}

/**
 * All trainable values in one flat array, so that the optimiser, the checkpoint and the norm of the gradient are plain
 * loops. Matrices are views into it: the A matrices of modules that read one input lie one below the other.
 */
export class LoraParameters {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly slots: readonly ParameterSlot[];
  readonly #feeds: Record<string, HostTensor>[];
  /** Matrices whose gradient is not zero any more: the first addition to another can be a copy, which is faster. */
  readonly #added = new Set<ParameterSlot>();

  /** @param storage arrays of `parameterCount` numbers to lie in; their own by default */
  constructor(
    readonly config: TransformerConfig,
    readonly adapter: AdapterConfig,
    storage?: { values: Float32Array; gradient: Float32Array },
  ) {
    this.slots = slotsOf(config, adapter);
    const size = parameterCount(config, adapter);
    this.values = storage?.values ?? new Float32Array(size);
    this.gradient = storage?.gradient ?? new Float32Array(size);
    this.#feeds = Array.from({ length: config.blockCount }, () => ({}));
    for (const slot of this.slots)
      this.#feeds[slot.block]![slot.name] = hostTensor(this.view(this.values, slot), slot.shape);
  }

  /** The part of a flat array that belongs to a matrix, without a copy. */
  view(flat: Float32Array, { offset, shape }: ParameterSlot): Float32Array {
    return flat.subarray(offset, offset + shape[0] * shape[1]);
  }

  /** Whether they change nothing: every B is zero. */
  get isBase(): boolean {
    return this.slots.every(
      (slot) => !isB(slot) || this.view(this.values, slot).every((value) => value === 0),
    );
  }

  /** A copy of the values with every B, and so their effect, multiplied; at 0 they change nothing. */
  valuesAt(strength: number): Float32Array {
    const values = this.values.slice();
    for (const slot of this.slots.filter(isB)) {
      const b = this.view(values, slot);
      for (let i = 0; i < b.length; i++) b[i]! *= strength;
    }
    return values;
  }

  /** Makes the gradient zero. */
  clearGradient(): void {
    this.gradient.fill(0);
    this.#added.clear();
  }

  /** Adds to the gradient of a matrix. */
  addGradient(slot: ParameterSlot, values: Float32Array): void {
    const sum = this.view(this.gradient, slot);
    if (this.#added.has(slot)) {
      for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
    } else {
      sum.set(values);
      this.#added.add(slot);
    }
  }

  /** The adapter inputs of a block's graph; they change as the values change. */
  feeds(block: number): Record<string, HostTensor> {
    return this.#feeds[block]!;
  }

  /**
   * PEFT's start: A uniform in +-1/sqrt(in) (Kaiming with a = sqrt 5), B zero, so that the model starts as the base.
   */
  initialize(seed: number): void {
    const random = seededRandom(seed, 1);
    for (const slot of this.slots) {
      const view = this.view(this.values, slot);
      if (isB(slot)) {
        view.fill(0);
        continue;
      }
      const bound = 1 / Math.sqrt(slot.shape[1]);
      for (let i = 0; i < view.length; i++) view[i] = (2 * random.next() - 1) * bound;
    }
  }

  /**
   * Takes the values of an adapter. What it does not train, as with mlx-lm's num_layers, has no effect: its B is zero.
   * @throws LoraError `train.other-adapter` when its shape differs
   */
  load(adapter: LoraAdapter): void {
    if (!sameShape(adapter.config, this.adapter) || adapter.blocks.length !== this.config.blockCount) {
      throw new LoraError(
        'train.other-adapter',
        'The adapter to continue from has another rank, alpha or modules.',
        {
          remedy: 'Train a new adapter, or use the settings of the old one.',
        },
      );
    }
    for (const [block, modules] of adapter.blocks.entries()) {
      for (const module of this.adapter.targetModules) {
        const { a, b } = this.#matrices(block, module, this.values);
        const pair = modules[module];
        // A stays as it is then: with a random one, the block can still learn.
        if (pair) a.set(pair.a);
        if (pair) b.set(pair.b);
        else b.fill(0);
      }
    }
  }

  /** A copy of the values as an adapter. @param flat other values of the same layout, such as the best ones */
  toAdapter(flat: Float32Array = this.values): LoraAdapter {
    const blocks = Array.from(
      { length: this.config.blockCount },
      () => ({}) as LoraAdapter['blocks'][number],
    );
    for (const [block, modules] of blocks.entries()) {
      for (const module of this.adapter.targetModules) modules[module] = this.#pair(block, module, flat);
    }
    return { config: this.adapter, blocks };
  }

  #pair(block: number, module: TargetModule, flat: Float32Array): LoraPair {
    const [outFeatures, inFeatures] = moduleShape(module, this.config);
    const { a, b } = this.#matrices(block, module, flat);
    return { a: a.slice(), b: b.slice(), inFeatures, outFeatures };
  }

  #matrices(block: number, module: TargetModule, flat: Float32Array): { a: Float32Array; b: Float32Array } {
    const group = targetedGroups(this.adapter.targetModules).find((members) => members.includes(module))!;
    const find = (name: string) => this.slots.find((slot) => slot.block === block && slot.name === name)!;
    const stacked = this.view(flat, find(inputNames.a(group[0]!)));
    const size = this.adapter.rank * moduleShape(module, this.config)[1];
    const at = group.indexOf(module) * size;
    return { a: stacked.subarray(at, at + size), b: this.view(flat, find(inputNames.b(module))) };
  }
}

function sameShape(left: AdapterConfig, right: AdapterConfig): boolean {
  const modules = (config: AdapterConfig) => [...config.targetModules].sort().join();
  // A GGUF holds alpha in 32 bits, a PEFT directory in 64.
  const sameAlpha = Math.fround(left.alpha) === Math.fround(right.alpha);
  return left.rank === right.rank && sameAlpha && modules(left) === modules(right);
}
