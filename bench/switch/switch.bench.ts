// Switching between projects and serving several at once. Prints one JSON object a part, the summary last.
//   npm run bench:switch
// BENCH_PARTS=switching,adapter,clients,training chooses some; BENCH_SECONDS is how long the clients ask (120),
// BENCH_PART_SECONDS how long chat and training are measured alone and beside each other (30 each); BENCH_CODEBASE is
// what is trained on (packages/gardener/src/garden).
import { fileURLToPath } from 'node:url';
import { makeGardenWithProjects } from '../../packages/gardener/src/chat/garden-with-projects.fixture.js';
import { TARGET_MODULES } from '../../packages/lora/src/index.js';
import { defaultBaseModelFile, embeddingModelDirectory } from '../inputs/default-models.js';
import { measureAdapterCost } from './adapter-cost.js';
import { measureBesideTraining } from './beside-training.js';
import { measureClients } from './clients.js';
import { measureSwitching } from './switching.js';

const PARTS = (process.env.BENCH_PARTS ?? 'switching,adapter,clients,training').split(',');
const SECONDS = Number(process.env.BENCH_SECONDS ?? 120);
const CODEBASE =
  process.env.BENCH_CODEBASE ?? fileURLToPath(new URL('../../packages/gardener/src/garden', import.meta.url));
const PROJECTS = 5;

const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function main(): Promise<void> {
  const baseModelFile = await defaultBaseModelFile();
  const models = { baseModelFile, embeddingModelDirectory: await embeddingModelDirectory() };
  // As large as a trained adapter is by default.
  const size = { rank: 16, targetModules: TARGET_MODULES };
  const needsProjects = PARTS.some((name) => name !== 'adapter');
  const made = await makeGardenWithProjects(models, needsProjects ? PROJECTS : 0, {}, size);
  const summary: Record<string, unknown> = {};
  const part = async (name: string, measure: () => Promise<unknown>) => {
    if (!PARTS.includes(name)) return;
    summary[name] = await measure();
    print({ part: name, result: summary[name] });
  };
  try {
    await part('switching', () => measureSwitching(made));
    await part('adapter', () => measureAdapterCost(baseModelFile));
    await part('clients', () => measureClients(made, SECONDS));
    await part('training', () => measureBesideTraining(made.garden, CODEBASE));
    print(summary);
  } finally {
    await made.remove();
  }
}

await main();
