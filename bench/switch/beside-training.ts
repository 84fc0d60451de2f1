import { setTimeout as delay } from 'node:timers/promises';
import { newConversation } from '../../packages/gardener/src/chat/conversations/conversation.js';
import type { Garden } from '../../packages/gardener/src/garden/garden.js';
import { cancelRun, ensureRunner } from '../../packages/gardener/src/garden/runner/runner-process.js';
import { createRun, latestRun, readRunEvents } from '../../packages/gardener/src/garden/runs/runs.js';
import { ROWS_PER_STEP } from '../../packages/gardener/src/training/run/stages/train-settings.js';
import { Assistant } from './built.js';
import { mean, rounded } from './figures.js';

const PART_MS = Number(process.env.BENCH_PART_SECONDS ?? 30) * 1_000;
const BUDGET_MS = 20 * 60_000;
/** Indexing comes first. */
const START_TIMEOUT_MS = 600_000;
const worker = new URL('../../packages/gardener/dist/training/run/worker-child.js', import.meta.url);

/** Chat alone, training alone, and both at once: the product's own training of a real codebase in its own processes. */
export async function measureBesideTraining(garden: Garden, codebase: string) {
  const project = await garden.registry.add({
    name: 'trained',
    path: codebase,
    baseModel: 'smollm2-135m-instruct',
  });
  const open = new Assistant(garden);
  const chat = async () => {
    const until = performance.now() + PART_MS;
    const rates: number[] = [];
    const firsts: number[] = [];
    while (performance.now() < until) {
      const start = performance.now();
      let first = 0;
      let tokens = 0;
      const conversation = newConversation(garden.paths, project.id);
      const request = { question: 'How are files read?', conversation, store: false, maxTokens: 48 };
      for await (const event of open.answer(project, { ...request, retrieval: false })) {
        first ||= performance.now();
        if (event.type === 'end') tokens = event.completionTokens;
      }
      firsts.push(first - start);
      rates.push(tokens / ((performance.now() - first) / 1_000));
    }
    return { tokensPerSecond: rounded(mean(rates), 1), firstTokenMs: rounded(mean(firsts)) };
  };
  try {
    await open.prepare(project);
    const chatAlone = await chat();
    const run = await createRun(garden.paths, project.id, 'train', { budgetMs: BUDGET_MS });
    await ensureRunner(garden.paths, worker);
    const directory = garden.paths.run(project.id, run.id);
    await trainingStarted(directory);
    const tokensPerStep = ROWS_PER_STEP * garden.settings.sequenceLength;
    const trainingDuring = (work: () => Promise<void>) => stepsDuring(directory, tokensPerStep, work);
    const trainingAlone = await trainingDuring(() => delay(PART_MS));
    let chatBeside = chatAlone;
    const trainingBeside = await trainingDuring(async () => {
      chatBeside = await chat();
    });
    const slowdown = {
      chat: rounded(chatAlone.tokensPerSecond / chatBeside.tokensPerSecond, 2),
      training: rounded(trainingAlone.tokensPerSecond / trainingBeside.tokensPerSecond, 2),
    };
    const seconds = PART_MS / 1_000;
    return { seconds, chatAlone, chatBeside, trainingAlone, trainingBeside, slowdown };
  } finally {
    const run = await latestRun(garden.paths, project.id);
    if (run !== null && !run.state.finished) await cancelRun(garden.paths, run);
    await open.close();
  }
}

async function stepsOf(directory: string): Promise<number> {
  const { events } = await readRunEvents(directory);
  return events.filter(({ type }) => type === 'step-end').length;
}

async function trainingStarted(directory: string): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < until) {
    if ((await stepsOf(directory)) >= 3) return;
    await delay(500);
  }
  throw new Error('the training did not begin in time');
}

/** How fast the training goes while something else is done, by the clock: with its rests and its held-out losses. */
async function stepsDuring(directory: string, tokensPerStep: number, work: () => Promise<void>) {
  const before = await stepsOf(directory);
  const start = performance.now();
  await work();
  const steps = (await stepsOf(directory)) - before;
  const seconds = (performance.now() - start) / 1_000;
  return {
    steps,
    stepsPerMinute: rounded((60 * steps) / seconds, 1),
    tokensPerSecond: rounded((tokensPerStep * steps) / seconds, 1),
  };
}
