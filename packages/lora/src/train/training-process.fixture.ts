/**
 * A training of the tiny llama in a process of its own: `training-process.fixture.ts <checkpoint directory> <losses
 * file> [steps]`. Appends a line `step loss` for every step and `end <numbers of the adapter>`. For tests that kill it.
 */
import { appendFileSync } from 'node:fs';
import { loadBaseModel } from '../transformer/base-model.js';
import { goldenPath } from './golden.fixture.js';
import { train } from './train.js';

const [directory, lossesFile, steps = '400'] = process.argv.slice(2) as [string, string, string?];
await using base = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
const examples = Array.from({ length: 24 }, (_, i) => ({
  tokens: Int32Array.from({ length: 20 }, (_, t) => 10 + ((i + 3 * t) % 50)),
  supervised: new Uint8Array(20).fill(1),
}));
const events = train({
  base,
  examples: examples.slice(4),
  validation: examples.slice(0, 4),
  adapter: { rank: 4, alpha: 8, dropout: 0.1 },
  optimizer: { learningRate: 1e-2 },
  batch: { sequenceLength: 32 },
  evaluation: { everySteps: 50, patience: 1000 },
  steps: Number(steps),
  maxEpochs: 1000,
  checkpoint: { directory, everyMs: 0 },
  machine: { threads: 1 },
  seed: 11,
});
for await (const event of events) {
  if (event.type === 'step-end') appendFileSync(lossesFile, `${event.step} ${event.loss}\n`);
  if (event.type !== 'train-end') continue;
  const sums = event.adapter.blocks.flatMap((modules) =>
    Object.values(modules).map(({ a, b }) =>
      [...a, ...b].reduce((sum, value, i) => sum + value * (i + 1), 0),
    ),
  );
  appendFileSync(lossesFile, `end ${sums.join(' ')}\n`);
}
