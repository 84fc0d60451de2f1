import { type VectorLoops, vectorLoops } from './vector-loops.js';

/** Settings of AdamW. */
export interface AdamWOptions {
  /** Decay rates of the two moments. Defaults to 0.9 and 0.999. */
  beta1?: number;
  beta2?: number;
  /** Added to the root of the second moment. Defaults to 1e-8. */
  epsilon?: number;
  /** Decoupled weight decay, times the learning rate. Defaults to 0. */
  weightDecay?: number;
}

/** AdamW over one flat array, in 32 bits as PyTorch computes it. https://arxiv.org/abs/1711.05101 */
export class AdamW {
  /** What is trained; the caller fills it, and `gradient` before every step. */
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly #loops: VectorLoops;
  readonly #options: Required<AdamWOptions>;

  constructor(size: number, options: AdamWOptions = {}) {
    this.#loops = vectorLoops(size, 4);
    const [values, gradient, firstMoment, secondMoment] = this.#loops.arrays as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    this.values = values;
    this.gradient = gradient;
    this.firstMoment = firstMoment;
    this.secondMoment = secondMoment;
    this.#options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
  }

  /**
   * Moves `values` one step against `gradient`, in place.
   * @param step number of this step, from 1
   * @param factor the gradient is taken times this, see `clippingFactor`
   */
  step(learningRate: number, step: number, factor: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    this.#loops.adamW({
      factor,
      beta1,
      beta2,
      keep: 1 - learningRate * weightDecay,
      stepSize: learningRate / (1 - beta1 ** step),
      correction: 1 / Math.sqrt(1 - beta2 ** step),
      epsilon,
    });
  }

  /** Euclidean norm of the gradient. */
  gradientNorm(): number {
    return Math.sqrt(this.#loops.sumOfSquares(1));
  }
}

/** What a gradient is multiplied by so that its norm is at most `maxNorm`, as torch's clip_grad_norm_ has it. */
export function clippingFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
