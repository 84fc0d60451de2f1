import { loadBaseModel, train, writeGgufAdapter, writePeftAdapter } from '@codebase-gardener/lora';
import { readFile } from 'node:fs/promises';

const base = await loadBaseModel('SmolLM2-135M-Instruct.Q4_1.gguf');
const tokens = base.tokenizer.encode(await readFile('book.txt', 'utf8'));
const examples = [];
for (let start = 0; start + 256 <= tokens.length; start += 256) {
  examples.push({ tokens: tokens.slice(start, start + 256), supervised: new Uint8Array(256).fill(1) });
}
const validation = examples.splice(0, 8);

for await (const event of train({ base, train: examples, validation, budgetMs: 3 * 60_000 })) {
  if (event.type === 'step-end') console.log(event.step, event.steps, event.loss.toFixed(3));
  if (event.type !== 'train-end') continue;
  await writePeftAdapter('adapter', event.adapter, base.config, { baseModelName: 'SmolLM2-135M-Instruct' });
  await writeGgufAdapter('adapter/adapter.gguf', event.adapter, base.config);
}
await base.close();
