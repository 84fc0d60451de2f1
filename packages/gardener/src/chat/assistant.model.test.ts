import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { ProjectRecord } from '../garden/project-record.js';
import { chooseAdapter } from './answers/choose-adapter.js';
import type { AnswerEnd, AnswerEvent } from './answers/write-answer.js';
import { Assistant } from './assistant.js';
import type { AskRequest, CompletionEvent } from './assistant-requests.js';
import { CodeCompleter } from './completion/code-completer.js';
import type { CompleteCodeEvent } from './completion/code-request.js';
import { completeAt } from './completion/complete-at.js';
import { newConversation, openConversation } from './conversations/conversation.js';
import { type GardenWithProjects, makeGardenWithProjects } from './garden-with-projects.fixture.js';

// Counted, not replaced.
vi.mock('./answers/choose-adapter.js', { spy: true });

const clients = 9;
// A real model on a busy machine.
vi.setConfig({ testTimeout: 240_000 });
let made: GardenWithProjects;
let projects: ProjectRecord[];
let assistant: Assistant;

beforeAll(async () => {
  made = await makeGardenWithProjects(
    {
      baseModelFile: inject('baseModelFile'),
      embeddingModelDirectory: inject('embeddingModelDirectory'),
    },
    3,
  );
  projects = made.projects;
  assistant = new Assistant(made.garden);
});
afterAll(async () => {
  await assistant?.close();
  await made?.remove();
});

async function read(events: AsyncIterable<AnswerEvent>) {
  let text = '';
  let end: AnswerEnd | null = null;
  for await (const event of events) {
    if (event.type === 'text') text += event.text;
    else end = event;
  }
  return { text, end };
}

function ask(project: ProjectRecord, question: string, changes: Partial<AskRequest> = {}) {
  const conversation = newConversation(made.garden.paths, project.id);
  return read(assistant.answer(project, { question, conversation, maxTokens: 8, store: false, ...changes }));
}

it('opens nothing before it is asked, and prepares a project with its adapter', async () => {
  expect(assistant.state()).toMatchObject({
    runtime: { kind: 'llama-cpp', models: [] },
    embedder: { state: 'not-started' },
    indexes: [],
  });
  const [first] = projects as [ProjectRecord];
  const [one, same] = await Promise.all([assistant.prepare(first), assistant.prepare(first)]);
  expect(one).toEqual(same);
  expect(one).toMatchObject({ adapter: { version: 1 }, index: 'ready' });
  expect(assistant.state()).toMatchObject({
    runtime: {
      models: [
        {
          baseModel: 'smollm2-135m-instruct',
          pid: expect.any(Number),
          loadedAdapters: [{ projectId: first.id, version: 1 }],
          queued: 0,
        },
      ],
    },
    embedder: { state: 'ready' },
    indexes: [{ projectId: first.id }],
  });
});

it('searches, answers with sources and stores the exchange', async () => {
  const [first] = projects as [ProjectRecord];
  const found = await assistant.search(first, 'slugify', { k: 3 });
  expect(found.results[0]?.chunk.path).toBe('slug.ts');
  expect(found.freshness?.changedSince).toBe(0);
  const conversation = newConversation(made.garden.paths, first.id);
  const { text, end } = await ask(first, 'What does slugify do?', { conversation, store: true });
  expect(end?.sources[0]).toMatchObject({ path: 'slug.ts', symbol: 'slugify0' });
  expect(end).toMatchObject({ adapter: { version: 1 }, conversation: conversation.id });
  const again = await openConversation(made.garden.paths, first.id);
  expect(await again.recent()).toMatchObject([{ answer: text.trim(), adapter: 1 }]);
  expect((await ask(first, 'Why?', { retrieval: false })).end).toMatchObject({ sources: [], index: null });
});

it('gives every one of many clients at once the answer of a single one, and their own project’s code', async () => {
  const question = 'What does slugify do?';
  const alone: Awaited<ReturnType<typeof ask>>[] = [];
  for (const project of projects) alone.push(await ask(project, question));
  expect(new Set(alone.map(({ text }) => text)).size).toBe(projects.length);
  const together = await Promise.all(
    Array.from({ length: clients }, (_, n) => ask(projects[n % projects.length]!, question)),
  );
  together.forEach(({ text, end }, n) => {
    const { text: expected } = alone[n % projects.length]!;
    expect(text).toBe(expected);
    expect(end?.sources[0]?.symbol).toBe(`slugify${n % projects.length}`);
  });
});

it('gives A, B, A the tokens of cold runs, also when a prompt begins as the last one did', async () => {
  const [a, b] = projects as [ProjectRecord, ProjectRecord];
  const system = { role: 'system' as const, content: 'Be brief. '.repeat(90) };
  const asked = (project: ProjectRecord, content: string) =>
    read(
      assistant.chat(
        { project, baseModel: project.baseModel },
        { messages: [system, { role: 'user', content }], retrieval: false, maxTokens: 8 },
      ),
    );
  const warm: string[] = [];
  for (const [project, content] of [
    [a, 'Name a colour.'],
    [b, 'Name a colour.'],
    [a, 'Name an animal, please.'],
    [a, 'Name a colour.'],
  ] as const)
    warm.push((await asked(project, content)).text);
  expect(warm[0]).not.toBe(warm[1]);
  expect(warm[3]).toBe(warm[0]);
  await assistant.close();
  assistant = new Assistant(made.garden);
  expect((await asked(a, 'Name an animal, please.')).text).toBe(warm[2]);
});

it('takes an adapter that was promoted since, and the base when its file goes while serving', async () => {
  const [first] = projects as [ProjectRecord];
  const question = 'What does slugify do?';
  const before = await ask(first, question);
  const file = await made.addAdapter(first, 2, 77);
  await made.garden.registry.update(first.id, { promotedAdapter: 2 });
  const promoted = await ask(first, question);
  expect(promoted.end?.adapter.version).toBe(2);
  expect(promoted.text).not.toBe(before.text);
  await rm(file);
  const gone = await ask(first, question);
  expect(gone.end?.adapter).toEqual({
    version: null,
    strength: null,
    reason: expect.stringContaining('The file of adapter 2 is missing'),
  });
  expect(gone.text).toBe((await ask(first, question, { adapter: 'base' })).text);
  expect((await assistant.prepare(first)).adapter.version).toBeNull();
  await made.garden.registry.update(first.id, { promotedAdapter: 1 });
  expect((await ask(first, question)).text).toBe(before.text);
});

it('answers a client’s own messages, with code for the last question, or as the base alone', async () => {
  const [first] = projects as [ProjectRecord];
  const target = { project: first, baseModel: first.baseModel };
  const messages = [{ role: 'user' as const, content: 'What does slugify do?' }];
  const withCode = await read(assistant.chat(target, { messages, maxTokens: 8 }));
  expect(withCode.end).toMatchObject({ conversation: null, adapter: { version: 1 } });
  expect(withCode.end?.sources[0]?.path).toBe('slug.ts');
  const base = { project: null, baseModel: first.baseModel };
  const alone = await read(assistant.chat(base, { messages, maxTokens: 8 }));
  expect(alone.end).toMatchObject({ sources: [], adapter: { version: null }, index: null });
  await expect(read(assistant.chat(base, { messages: [] }))).rejects.toMatchObject({
    code: 'chat.empty-question',
  });
});

it('completes text with the adapter, and says that the base cannot fill a gap in', async () => {
  const [first] = projects as [ProjectRecord];
  const target = { project: first, baseModel: first.baseModel };
  const completed = async (changes: object) => {
    let text = '';
    let end: Extract<CompletionEvent, { type: 'end' }> | null = null;
    for await (const event of assistant.complete(target, {
      prompt: 'def add(a, b):',
      maxTokens: 6,
      ...changes,
    })) {
      if (event.type === 'text') text += event.text;
      else end = event;
    }
    return { text, end };
  };
  const { text, end } = await completed({});
  expect(text).not.toBe('');
  expect(end).toMatchObject({ adapter: { version: 1 }, completionTokens: 6, reason: 'length' });
  await expect(completed({ suffix: 'return c' })).rejects.toMatchObject({
    code: 'models.no-fill-in-the-middle',
  });
});

it('chooses the adapter once for each completion', async () => {
  const [first] = projects as [ProjectRecord];
  const target = { project: first, baseModel: first.baseModel };
  const choose = vi.mocked(chooseAdapter).mockClear();
  for await (const event of assistant.complete(target, { prompt: 'const a = ', maxTokens: 1 }))
    if (event.type === 'end') expect(event.adapter.version).toBe(1);
  expect(choose).toHaveBeenCalledTimes(1);
});

it('forgets a failure once something is written again, also for one who reads no further', async () => {
  const [first] = projects as [ProjectRecord];
  const target = { project: first, baseModel: first.baseModel };
  const killed = async () => {
    for await (const event of assistant.complete(target, { prompt: 'const a = ', maxTokens: 300 }))
      if (event.type === 'text') process.kill(assistant.state().runtime.models[0]?.pid ?? 0, 'SIGKILL');
  };
  await expect(killed()).rejects.toMatchObject({ code: 'models.runtime-died' });
  expect(assistant.state().runtime.lastError).not.toBeNull();
  for await (const event of assistant.complete(target, { prompt: 'const a = ', maxTokens: 300 }))
    if (event.type === 'text') break;
  expect(assistant.state().runtime.lastError).toBeNull();
});

it('completes a file at a line: what stands above it, under its path, with related code but not its own', async () => {
  const [first] = projects as [ProjectRecord];
  const file = join(first.path, 'slug.ts');
  const completed = async (place: { file?: string; line: number; column?: number; stream?: boolean }) => {
    let text = '';
    let end: Extract<CompleteCodeEvent, { type: 'end' }> | null = null;
    for await (const event of completeAt(made.garden, new CodeCompleter(assistant, made.garden), first, {
      file,
      maxTokens: 24,
      ...place,
    })) {
      if (event.type === 'text') text += event.text;
      else end = event;
    }
    return { text, end };
  };
  const { text, end } = await completed({ line: 2, column: 3 });
  expect(text).not.toBe('');
  expect(end).toMatchObject({ adapter: { version: 1 }, fillInTheMiddle: false, sources: [] });
  expect(await completed({ line: 2, column: 3, stream: true })).toMatchObject({
    text,
    end: { reason: end?.reason },
  });
  expect((await completed({ line: 4 })).end?.promptTokens).toBeGreaterThan(end?.promptTokens ?? 0);
  await expect(completed({ line: 6 })).rejects.toMatchObject({ code: 'chat.no-such-line' });
  await expect(completed({ file: '/etc/passwd', line: 1 })).rejects.toMatchObject({
    code: 'chat.not-in-project',
  });
  await expect(completed({ file: join(first.path, 'none.ts'), line: 1 })).rejects.toMatchObject({
    code: 'chat.unreadable-file',
  });
});

it('fails the answer whose process is killed, and answers the next one and those that wait', async () => {
  const [first, second] = projects as [ProjectRecord, ProjectRecord];
  const expected = await ask(second, 'What does slugify do?');
  let waiting: ReturnType<typeof ask> | null = null;
  const killed = async () => {
    const conversation = newConversation(made.garden.paths, first.id);
    for await (const event of assistant.answer(first, {
      question: 'Tell a story.',
      conversation,
      maxTokens: 300,
    })) {
      if (event.type !== 'text' || waiting !== null) continue;
      waiting = ask(second, 'What does slugify do?');
      process.kill(assistant.state().runtime.models[0]?.pid ?? 0, 'SIGKILL');
    }
  };
  await expect(killed()).rejects.toMatchObject({ code: 'models.runtime-died', retryable: true });
  expect((await waiting!).text).toBe(expected.text);
  expect(assistant.state().runtime.models[0]?.pid).toBeGreaterThan(0);
  expect((await ask(second, 'What does slugify do?')).text).toBe(expected.text);
});

it('embeds, counts tokens, and refuses a project that is gone', async () => {
  const [first] = projects as [ProjectRecord];
  const [question, document] = [
    await assistant.embed(['a'], 'query'),
    await assistant.embed(['a'], 'document'),
  ];
  expect(question[0]?.length).toBe(384);
  expect(document).toHaveLength(1);
  expect(await assistant.countTokens({ project: null, baseModel: first.baseModel }, 'one two')).toBe(2);
  assistant.forget(first.id);
  expect(assistant.state().indexes.map(({ projectId }) => projectId)).not.toContain(first.id);
  await expect(ask({ ...first, id: 'a'.repeat(16) }, 'x')).rejects.toMatchObject({
    code: 'garden.unknown-project',
  });
});
