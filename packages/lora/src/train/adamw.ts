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

/** AdamW over one flat array, as PyTorch computes it. https://arxiv.org/abs/1711.05101 */
export class AdamW {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly #options: Required<AdamWOptions>;

  constructor(size: number, options: AdamWOptions = {}) {
    this.firstMoment = new Float32Array(size);
    this.secondMoment = new Float32Array(size);
    this.#options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
  }

  /**
   * Moves `values` one step against `gradient`, in place.
   * @param step number of this step, from 1
   * @param factor the gradient is taken times this, see `clippingFactor`
   */
  step(
    values: Float32Array,
    gradient: Float32Array,
    learningRate: number,
    step: number,
    factor: number,
  ): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const { firstMoment, secondMoment } = this;
    const stepSize = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const keep = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i++) {
      const g = factor * gradient[i]!;
      const m = beta1 * firstMoment[i]! + (1 - beta1) * g;
      const v = beta2 * secondMoment[i]! + (1 - beta2) * g * g;
      firstMoment[i] = m;
      secondMoment[i] = v;
      values[i] = keep * values[i]! - (stepSize * m) / (Math.sqrt(v) * correction + epsilon);
    }
  }
}

/** Euclidean norm. Four sums, so that an addition does not wait for the one before it. */
export function gradientNorm(gradient: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = gradient.length - (gradient.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += gradient[i]! * gradient[i]!;
    b += gradient[i + 1]! * gradient[i + 1]!;
    c += gradient[i + 2]! * gradient[i + 2]!;
    d += gradient[i + 3]! * gradient[i + 3]!;
  }
  for (let i = whole; i < gradient.length; i++) a += gradient[i]! * gradient[i]!;
  return Math.sqrt(a + b + c + d);
}

/** What a gradient is multiplied by so that its norm is at most `maxNorm`, as torch's clip_grad_norm_ has it. */
export function clippingFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
