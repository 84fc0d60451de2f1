/**
 * What the trainer computes on the processor it runs on, one JSON object: the share of 8-bit sums that are exact, what
 * the trainer chooses, and the losses of a tiny model. Started by the emulate-*.mjs beside this folder, with a name for
 * the processor; needs `npm run build`.
 */
import { fileURLToPath } from 'node:url';

const lora = new URL('../../packages/lora/', import.meta.url);
const fromDist = (file) => import(new URL(`dist/${file}`, lora).href);

const { onnxProduct, largestExactWeight } = await fromDist('train/quantization/integer-products.js');
const exact = {};
for (const weight of [127, 64]) exact[weight] = await shareOfExactSums(onnxProduct, weight);
const largestWeight = await largestExactWeight();
const training = { auto: await losses('auto'), float32: await losses('float32') };
const report = { cpu: process.argv[2], shareOfExactSums: exact, largestWeight, training };
process.stdout.write(`${JSON.stringify(report)}\n`);

/** Random codes over their whole range, against sums in JavaScript. */
async function shareOfExactSums(product, largest) {
  const { seededRandom } = await fromDist('train/batches/random.js');
  const sizes = { rows: 32, inner: 576, columns: 96 };
  const random = seededRandom(1, largest);
  const activations = Uint8Array.from({ length: sizes.rows * sizes.inner }, () => 1 + 254 * random.next());
  const weights = Int8Array.from({ length: sizes.inner * sizes.columns }, () =>
    Math.round((2 * random.next() - 1) * largest),
  );
  const sums = await product(activations, weights, sizes);
  let exact = 0;
  for (let row = 0; row < sizes.rows; row++) {
    for (let column = 0; column < sizes.columns; column++) {
      let sum = 0;
      for (let i = 0; i < sizes.inner; i++)
        sum += activations[row * sizes.inner + i] * weights[i * sizes.columns + column];
      if (sums[row * sizes.columns + column] === sum) exact++;
    }
  }
  return exact / (sizes.rows * sizes.columns);
}

/** Three steps on the tiny model that the tests use. */
async function losses(precision) {
  const { loadBaseModel } = await fromDist('index.js');
  const { train } = await fromDist('train/train.js');
  const base = await loadBaseModel(fileURLToPath(new URL('fixtures/golden/llama-tiny/base.gguf', lora)));
  const examples = Array.from({ length: 8 }, (_, i) => ({
    tokens: Int32Array.from({ length: 32 }, (_, t) => 10 + ((i + 3 * t) % 50)),
    supervised: new Uint8Array(32).fill(1),
  }));
  const options = {
    examples,
    validation: [],
    steps: 3,
    optimizer: { learningRate: 1e-2 },
    batch: { sequenceLength: 32, accumulation: 1 },
    machine: { threads: 1, precision },
  };
  const found = { precision: '', losses: [] };
  for await (const event of train({ base, ...options })) {
    if (event.type === 'start') found.precision = event.precision;
    if (event.type === 'step-end') found.losses.push(event.loss);
  }
  await base[Symbol.asyncDispose]();
  return found;
}
