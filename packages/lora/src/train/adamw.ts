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
   */
  step(values: Float32Array, gradient: Float32Array, learningRate: number, step: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const { firstMoment, secondMoment } = this;
    const stepSize = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const keep = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]!;
      const m = beta1 * firstMoment[i]! + (1 - beta1) * g;
      const v = beta2 * secondMoment[i]! + (1 - beta2) * g * g;
      firstMoment[i] = m;
      secondMoment[i] = v;
      values[i] = keep * values[i]! - (stepSize * m) / (Math.sqrt(v) * correction + epsilon);
    }
  }
}

/**
 * Scales the gradient, in place, so that its Euclidean norm is at most `maxNorm`, as torch's clip_grad_norm_ does.
 * @returns the norm before clipping
 */
export function clipGradient(gradient: Float32Array, maxNorm: number): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  const norm = Math.sqrt(squares);
  const factor = maxNorm / (norm + 1e-6);
  if (factor < 1) for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor;
  return norm;
}
