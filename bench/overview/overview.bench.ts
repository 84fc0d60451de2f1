// Whether the project's overview in the system message helps answers or harms them:
//   npm run bench:overview -- --data DATA_DIRECTORY --project NAME
// The project is this repository, indexed and trained (`npm run try` leaves it). Every question is answered twice,
// greedily, without and with the overview: the hand-checked questions of bench/retrieval, where the answer should
// name a file that answers it, and questions about the whole, where it should have words of somebody who knows the
// project. Prints one JSON object.
import { parseArgs } from 'node:util';
import { answer } from '../../packages/gardener/src/chat/answers/answer.js';
import { chooseAdapter } from '../../packages/gardener/src/chat/answers/choose-adapter.js';
import type { ProjectCode } from '../../packages/gardener/src/chat/answers/write-answer.js';
import { newConversation } from '../../packages/gardener/src/chat/conversations/conversation.js';
import { OpenIndexes } from '../../packages/gardener/src/chat/open/open-indexes.js';
import { OpenModels } from '../../packages/gardener/src/chat/open/open-models.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { ownQuestions } from '../questions/own-questions.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    project: { type: 'string' },
    tokens: { type: 'string', default: '96' },
  },
});
if (values.data === undefined || values.project === undefined) throw new Error('--data and --project?');

interface Question {
  kind: 'place' | 'whole';
  question: string;
  isGood(answer: string): boolean;
}

const WHOLE: [question: string, words: RegExp][] = [
  ['What is this project for?', /codebase|LoRA|adapter/i],
  ['In which programming language is this project written?', /TypeScript/],
  ['What are the main folders of this repository?', /packages/],
  ['Which folder has most of the files?', /packages\/gardener/],
  ['Does this project need a GPU?', /\bno\b|\bnot\b|n't|without|laptop|CPU/i],
  ['Name some central files of this project.', /packages\/\S+\.ts\b/],
];
const questions: Question[] = [
  ...WHOLE.map(
    ([question, words]): Question => ({ kind: 'whole', question, isGood: (text) => words.test(text) }),
  ),
  ...ownQuestions().questions.map(
    ({ question, files }): Question => ({
      kind: 'place',
      question,
      isGood: (text) => files.some((file) => text.includes(file) || text.includes(file.split('/').at(-1)!)),
    }),
  ),
];

const garden = await openGarden({ dataDir: values.data, settings: { logLevel: 'silent' } });
const project = await garden.registry.get(values.project);
const indexes = new OpenIndexes(garden);
const models = new OpenModels(garden);
const { value: model } = await models.use(project.baseModel);
const adapter = await chooseAdapter(garden.paths, project, await models.identity(project.baseModel));
const code = await indexes.codeOf(project);
if (code === null) throw new Error('The project is not indexed.');

const rows: { kind: string; without: boolean; with: boolean; tokens: [number, number] }[] = [];
for (const { kind, question, isGood } of questions) {
  const without = await ask(question, { ...code, overview: async () => [] });
  const told = await ask(question, code);
  rows.push({
    kind,
    without: isGood(without.text),
    with: isGood(told.text),
    tokens: [without.promptTokens, told.promptTokens],
  });
  process.stderr.write(`${question}\n  without: ${without.text}\n  with:    ${told.text}\n`);
}
const account = (kind: string) => {
  const of = rows.filter((row) => row.kind === kind);
  const count = (holds: (row: (typeof of)[number]) => boolean) => of.filter(holds).length;
  return {
    questions: of.length,
    goodWithout: count((row) => row.without),
    goodWith: count((row) => row.with),
    onlyWithout: count((row) => row.without && !row.with),
    onlyWith: count((row) => row.with && !row.without),
  };
};
const more = rows.map(({ tokens: [without, told] }) => told - without).sort((a, b) => a - b);
process.stdout.write(
  `${JSON.stringify({
    adapter: adapter.version,
    overview: await code.overview(),
    whole: account('whole'),
    place: account('place'),
    medianMorePromptTokens: more[more.length >> 1],
  })}\n`,
);
await Promise.all([models.close(), indexes.close()]);

async function ask(question: string, told: ProjectCode): Promise<{ text: string; promptTokens: number }> {
  let text = '';
  let promptTokens = 0;
  const conversation = newConversation(garden.paths, project.id);
  const request = { project, question, conversation, runtime: model.runtime, adapter, code: told };
  for await (const event of answer({ ...request, store: false, maxTokens: Number(values.tokens) })) {
    if (event.type === 'text') text += event.text;
    else ({ promptTokens } = event);
  }
  return { text: text.trim(), promptTokens };
}
