import type { Assistant as OpenAssistant } from '../../packages/gardener/src/chat/assistant.js';
import { newConversation } from '../../packages/gardener/src/chat/conversations/conversation.js';
import type { GardenWithProjects } from '../../packages/gardener/src/chat/garden-with-projects.fixture.js';
import type { ProjectRecord } from '../../packages/gardener/src/garden/project-record.js';
import { Assistant } from './built.js';
import { mean, median, quantile, residentBytes, rounded } from './figures.js';

const CLIENTS = 20;
const QUESTIONS = ['What does slugify do?', 'Which file holds it?', 'What is replaced?'];
const ANSWER_TOKENS = 12;
const SAMPLE_MS = 1_000;

/**
 * Twenty clients on all projects for a while, each asking one question after the other. Every answer is compared with
 * the one that the project gives alone; the memory of this process and of llama.cpp's is watched.
 */
export async function measureClients({ garden, projects }: GardenWithProjects, seconds: number) {
  const open = new Assistant(garden);
  try {
    const alone = new Map<string, string>();
    for (const project of projects)
      for (const question of QUESTIONS)
        alone.set(`${project.id} ${question}`, await ask(open, garden.paths, project, question));

    const until = performance.now() + seconds * 1_000;
    const waits: number[] = [];
    const answers = new Map(projects.map(({ id }) => [id, 0]));
    let mixed = 0;
    const memory: { server: number; model: number }[] = [];
    const sampler = setInterval(() => {
      const pid = open.state().runtime.models[0]?.pid ?? null;
      const [server, model] = [residentBytes(process.pid), residentBytes(pid)];
      if (server !== null && model !== null) memory.push({ server, model });
    }, SAMPLE_MS);
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        // Uneven on purpose: the first project has half of the clients.
        const project = projects[client < CLIENTS / 2 ? 0 : client % projects.length]!;
        for (let n = client; performance.now() < until; n++) {
          const question = QUESTIONS[n % QUESTIONS.length]!;
          const start = performance.now();
          const text = await ask(open, garden.paths, project, question);
          waits.push(performance.now() - start);
          answers.set(project.id, answers.get(project.id)! + 1);
          if (text !== alone.get(`${project.id} ${question}`)) mixed += 1;
        }
      }),
    );
    clearInterval(sampler);
    return {
      clients: CLIENTS,
      projects: projects.length,
      seconds,
      distinctAnswers: new Set(alone.values()).size,
      answers: waits.length,
      mixed,
      answersByProject: [...answers.values()],
      waitMedianMs: rounded(median(waits)),
      waitP95Ms: rounded(quantile(waits, 0.95)),
      serverMegabytes: growth(memory.map(({ server }) => server)),
      modelMegabytes: growth(memory.map(({ model }) => model)),
    };
  } finally {
    await open.close();
  }
}

async function ask(
  open: OpenAssistant,
  paths: GardenWithProjects['garden']['paths'],
  project: ProjectRecord,
  question: string,
) {
  let text = '';
  const conversation = newConversation(paths, project.id);
  const request = { question, conversation, store: false, maxTokens: ANSWER_TOKENS };
  for await (const event of open.answer(project, request)) if (event.type === 'text') text += event.text;
  return text;
}

/** Means of the second and of the last quarter: the first one still opens what it needs. */
function growth(bytes: number[]) {
  const quarter = Math.floor(bytes.length / 4);
  const megabytes = (part: number[]) => rounded(mean(part) / 1e6);
  return {
    secondQuarter: megabytes(bytes.slice(quarter, 2 * quarter)),
    lastQuarter: megabytes(bytes.slice(-quarter)),
    highest: rounded(Math.max(...bytes) / 1e6),
  };
}
