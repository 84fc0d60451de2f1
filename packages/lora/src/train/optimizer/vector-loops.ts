/**
 * Two loops over millions of numbers, four at a time: a WebAssembly module of one page, assembled here. JavaScript
 * computes one number at a time, in 64 bits, and takes three times as long.
 * @module
 */
import { LoraError } from '../../errors.js';

/** Constants of one AdamW step, each a 32-bit float; see `AdamW.step`. */
export interface StepConstants {
  /** The gradient is taken times this. */
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
 * @throws LoraError `train.memory-budget` when there is no room for them, or they are more than the 4 GB
 * that WebAssembly can address
 */
export function vectorLoops(size: number, count: number): VectorLoops {
  // Padded with zeros to whole vectors: they stay zeros.
  const bytes = Math.ceil(size / LANES) * LANES * 4;
  const memory = allocate(count * bytes);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { host: { memory } });
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

// Codes of https://webassembly.github.io/spec/core/binary/instructions.html.
const I32 = 0x7f;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;
const END = 0x0b;
const I32_ADD = 0x6a;
const I32_LESS_UNSIGNED = 0x49;
const F64_ADD = 0xa0;
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32 = (value: number): number[] => [0x41, value];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
const LOAD = [...simd(0x00), 4, 0];
const STORE = [...simd(0x0b), 4, 0];
const SPLAT = simd(0x13);
const ADD = simd(0xe4);
const SUBTRACT = simd(0xe5);
const MULTIPLY = simd(0xe6);
const DIVIDE = simd(0xe7);
const ROOT = simd(0xe3);
const ADD_64 = simd(0xf0);
const MULTIPLY_64 = simd(0xf2);
const WIDEN_LOW = simd(0x5f);
const lane64 = (lane: number): number[] => [...simd(0x21), lane];
/** The upper two of four 32-bit lanes, twice. */
const upperHalf = (local: number): number[] => {
  const lanes = [8, 9, 10, 11, 12, 13, 14, 15];
  return [...get(local), ...get(local), ...simd(0x0d), ...lanes, ...lanes];
};

/** Repeats `body` while the address in `local` is below the limit; it grows by one vector each time. */
const overVectors = (local: number, limit: number, body: number[]): number[] => {
  const next = [...get(local), ...i32(16), I32_ADD, ...set(local)];
  const again = [...get(local), ...get(limit), I32_LESS_UNSIGNED, 0x0d, 0];
  return [0x03, 0x40, ...body, ...next, ...again, END];
};

/** (bytes of an array, nine constants): arrays lie one after the other. */
function adamWCode(): number[] {
  const bytes = 0;
  const constants = 9;
  const at = 1 + constants;
  const [first, second, gradient] = [at + 1, at + 2, at + 3];
  const vector = (constant: number) => gradient + 1 + constant;
  const [factor, beta1, rest1, beta2, rest2, keep, stepSize, correction, epsilon] = Array.from(
    { length: constants },
    (_, i) => get(vector(i)),
  ) as [number[], number[], number[], number[], number[], number[], number[], number[], number[]];
  const splats = Array.from({ length: constants }, (_, i) => [...get(1 + i), ...SPLAT, ...set(vector(i))]);
  const address = (array: number): number[] => [
    ...get(at),
    ...Array.from({ length: array }, () => [...get(bytes), I32_ADD]).flat(),
  ];
  const body = [
    ...[...address(1), ...LOAD, ...factor, ...MULTIPLY, ...set(gradient)],
    ...[
      ...address(2),
      ...LOAD,
      ...beta1,
      ...MULTIPLY,
      ...get(gradient),
      ...rest1,
      ...MULTIPLY,
      ...ADD,
      ...set(first),
    ],
    ...[...address(3), ...LOAD, ...beta2, ...MULTIPLY, ...get(gradient), ...get(gradient), ...MULTIPLY],
    ...[...rest2, ...MULTIPLY, ...ADD, ...set(second)],
    ...[...address(2), ...get(first), ...STORE, ...address(3), ...get(second), ...STORE],
    // values = keep * values - stepSize * first / (sqrt(second) * correction + epsilon)
    ...[...address(0), ...address(0), ...LOAD, ...keep, ...MULTIPLY, ...get(first), ...stepSize, ...MULTIPLY],
    ...[
      ...get(second),
      ...ROOT,
      ...correction,
      ...MULTIPLY,
      ...epsilon,
      ...ADD,
      ...DIVIDE,
      ...SUBTRACT,
      ...STORE,
    ],
  ];
  const locals = [2, 1, I32, 3 + constants, V128];
  return [...locals, ...splats.flat(), ...overVectors(at, bytes, body), END];
}

/** (from, until) in bytes. */
function sumOfSquaresCode(): number[] {
  const [at, until, four, two, sum] = [0, 1, 2, 3, 4];
  const square = (widened: number[]) => [
    ...[...widened, ...WIDEN_LOW, ...set(two), ...get(sum)],
    ...[...get(two), ...get(two), ...MULTIPLY_64, ...ADD_64, ...set(sum)],
  ];
  const body = [...get(at), ...LOAD, ...set(four), ...square(get(four)), ...square(upperHalf(four))];
  const result = [...get(sum), ...lane64(0), ...get(sum), ...lane64(1), F64_ADD];
  return [1, 3, V128, ...overVectors(at, until, body), ...result, END];
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const rates = new Array<number>(9).fill(F32);
  const types = vectorOf([
    [0x60, ...vectorOf([[I32], ...rates.map((type) => [type])]), 0],
    [0x60, 2, I32, I32, 1, F64],
  ]);
  const memory = [...text('host'), ...text('memory'), 0x02, 0x00, 0x00];
  const names = vectorOf([
    [...text('adamW'), 0x00, 0],
    [...text('sumOfSquares'), 0x00, 1],
  ]);
  const code = vectorOf([adamWCode(), sumOfSquaresCode()].map((body) => sized(body)));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, ...sized(types), 0x02, ...sized(vectorOf([memory])), 0x03, ...sized([2, 0, 1])],
    ...[0x07, ...sized(names), 0x0a, ...sized(code)],
  ]);
}

const vectorOf = (items: number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: number[]): number[] => [...unsigned(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...Buffer.from(value)]);

/** An unsigned number in LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
