/**
 * Two loops over millions of numbers, four at a time, in WebAssembly: vector-loops.wat. JavaScript computes one
 * number at a time, in 64 bits, and takes three times as long.
 * @module
 */
import { LoraError } from '../../errors.js';
import { VECTOR_LOOPS_WASM } from './vector-loops.generated.js';

/** Constants of one AdamW step, each a 32-bit float; see `AdamW.step`. */
export interface StepConstants {
  /** The gradient is multiplied by this. */
  factor: number;
  beta1: number;
  beta2: number;
  /** 1 - learning rate * weight decay. */
  keep: number;
  /** Learning rate over the first moment's bias correction. */
  stepSize: number;
  /** What the root of the second moment is multiplied by. */
  correction: number;
  epsilon: number;
}

/** Arrays of one length in the memory of the loops. */
export interface VectorLoops {
  arrays: Float32Array[];
  /** Moves the first array by the gradient in the second and the moments in the third and fourth. */
  adamW(constants: StepConstants): void;
  /** Sum of the squares of an array, in 64 bits. */
  sumOfSquares(array: number): number;
}

/** Node's types know WebAssembly only as a namespace of types. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: Record<string, object>) => { readonly exports: object };
};

const PAGE_BYTES = 65_536;
const LANES = 4;

/**
 * @param size of each of `count` arrays, which start as zeros
 * @throws LoraError `train.memory-budget` when there is no room for them, or they are more than the 4 GB that
 *   WebAssembly can address
 */
export function vectorLoops(size: number, count: number): VectorLoops {
  // Padded with zeros to whole vectors: they stay zeros.
  const bytes = Math.ceil(size / LANES) * LANES * 4;
  const memory = allocate(count * bytes);
  const module = new WebAssembly.Module(Buffer.from(VECTOR_LOOPS_WASM, 'base64'));
  const instance = new WebAssembly.Instance(module, { host: { memory } });
  const { adamW, sumOfSquares } = instance.exports as {
    adamW(...args: number[]): void;
    sumOfSquares(from: number, until: number): number;
  };
  return {
    arrays: Array.from({ length: count }, (_, i) => new Float32Array(memory.buffer, i * bytes, size)),
    adamW({ factor, beta1, beta2, keep, stepSize, correction, epsilon }) {
      const rates = [factor, beta1, 1 - beta1, beta2, 1 - beta2, keep, stepSize, correction, epsilon];
      adamW(bytes, ...rates);
    },
    sumOfSquares: (array) => sumOfSquares(array * bytes, (array + 1) * bytes),
  };
}

function allocate(bytes: number): { readonly buffer: ArrayBuffer } {
  try {
    return new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE_BYTES)) });
  } catch (cause) {
    const megabytes = Math.ceil(bytes / 1e6).toLocaleString('en');
    throw new LoraError(
      'train.memory-budget',
      `There is no room for ${megabytes} MB of adapter and optimiser.`,
      {
        remedy: 'Free some memory, or train an adapter of a smaller rank or of fewer modules.',
        cause,
      },
    );
  }
}
