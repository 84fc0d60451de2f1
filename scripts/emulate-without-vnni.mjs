/**
 * 8-bit products on processors without VNNI: runs the real ONNX Runtime on an emulated CPU (qemu-user) and compares
 * with this one.
 * Usage: npm run build && node scripts/emulate-without-vnni.mjs [cpu, Haswell by default]
 * Prints one JSON object a CPU: which sums are exact, what the trainer chooses, and the losses of a tiny model.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const lora = new URL('../packages/lora/', import.meta.url);
const fromDist = (file) => import(new URL(`dist/${file}`, lora).href);

if (process.env.EMULATED) await report(process.env.EMULATED);
else {
  const node = [process.execPath, fileURLToPath(import.meta.url)];
  const cpus = process.argv[2] ? [process.argv[2]] : ['Haswell', 'Nehalem'];
  start('this one', node);
  for (const cpu of cpus) start(cpu, ['qemu-x86_64', '-cpu', cpu, ...node]);
}

function start(cpu, [command, ...args]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env: { ...process.env, EMULATED: cpu },
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT') throw new Error('qemu-user is not installed: apt-get install qemu-user');
  if (status !== 0) throw new Error(stderr);
  process.stdout.write(stdout);
}

async function report(cpu) {
  const { onnxProduct, largestExactWeight } = await fromDist('train/integer-products.js');
  const exact = {};
  for (const weight of [127, 64]) exact[weight] = await shareOfExactSums(onnxProduct, weight);
  const largestWeight = await largestExactWeight();
  const training = { auto: await losses('auto'), float32: await losses('float32') };
  process.stdout.write(`${JSON.stringify({ cpu, shareOfExactSums: exact, largestWeight, training })}\n`);
}

/** Random codes over their whole range, against sums in JavaScript. */
async function shareOfExactSums(product, largest) {
  const { seededRandom } = await fromDist('train/random.js');
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

/** Four steps on the tiny model that the tests use. */
async function losses(precision) {
  const { loadBaseModel } = await fromDist('index.js');
  const { train } = await fromDist('train/train.js');
  const base = await loadBaseModel(fileURLToPath(new URL('fixtures/golden/llama-tiny/base.gguf', lora)));
  const examples = Array.from({ length: 8 }, (_, i) => ({
    tokens: Int32Array.from({ length: 32 }, (_, t) => 10 + ((i + 3 * t) % 50)),
    supervised: new Uint8Array(32).fill(1),
  }));
  const sizes = { sequenceLength: 32, accumulation: 1, steps: 4, threads: 1, learningRate: 1e-2 };
  const found = { precision: '', losses: [] };
  for await (const event of train({ base, train: examples, validation: [], precision, ...sizes })) {
    if (event.type === 'start') found.precision = event.precision;
    if (event.type === 'step-end') found.losses.push(Number(event.loss.toFixed(5)));
  }
  await base.close();
  return found;
}
