import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { writeRandomAdapter } from '../../models/llama-cpp/adapter.fixture.js';
import { startLlamaCpp } from '../../models/llama-cpp/llama-cpp.js';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import type { BaseIdentity } from '../../models/store/base-identity.js';
import { wordEmbedder } from '../../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { makeFile } from '../../retrieval/store/chunks.fixture.js';
import { writeAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import { newConversation } from '../conversations/conversation.js';
import { type AnswerRequest, answer } from './answer.js';
import { baseOnly, chooseAdapter } from './choose-adapter.js';
import type { AnswerEnd, ProjectCode } from './write-answer.js';

// A real model on a busy machine.
vi.setConfig({ testTimeout: 240_000 });
const embedder = wordEmbedder();
let root: string;
let codeRoot: string;
let garden: Awaited<ReturnType<typeof openGarden>>;
let project: ProjectRecord;
let runtime: GenerationRuntime;
let index: ProjectIndex;
let code: ProjectCode;
let base: BaseIdentity;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-answer-'));
  codeRoot = join(root, 'code');
  await mkdir(codeRoot);
  const text =
    'export function slugify(title: string) {\n  return title.toLowerCase().replace(/ /g, "-");\n}\n';
  await writeFile(join(codeRoot, 'slug.ts'), text);
  garden = await openGarden({ dataDir: join(root, 'data'), settings: { logLevel: 'silent' } });
  project = await garden.registry.add({ name: 'demo', path: codeRoot, baseModel: 'smollm2-135m-instruct' });
  index = new ProjectIndex(garden.paths, project.id);
  const file = makeFile('slug.ts', [{ symbol: 'slugify', text }]);
  await index.update(
    (async function* () {
      yield file;
    })(),
    embedder,
    { root: codeRoot },
  );
  code = {
    search: (query, k) => index.search(query, embedder, { k }),
    freshness: () => index.freshness(project.path),
    overview: async () => ['README: Makes slugs of titles, for addresses that people can read.'],
  };
  base = {
    name: 'smollm2-135m-instruct',
    weightsHash: 'a'.repeat(64),
    tokenizerHash: 'b',
    templateHash: 'c',
  };
  runtime = await startLlamaCpp(inject('baseModelFile'), { threads: 1, contextTokens: 512 });
  const directory = garden.paths.adapter(project.id, 1);
  await mkdir(directory, { recursive: true });
  await writeRandomAdapter(join(directory, 'adapter.gguf'), inject('baseModelFile'), 1);
  await writeAdapterManifest(
    directory,
    {
      base: { name: base.name, weightsHash: base.weightsHash, tokenizerHash: 'b', templateHash: 'c' },
      dataHash: null,
      commit: null,
      settings: {},
      scores: null,
      createdAt: new Date().toISOString(),
    },
    ['adapter.gguf'],
  );
});
afterAll(async () => {
  await runtime?.dispose();
  index?.close();
  await rm(root, { recursive: true, force: true });
});

async function ask(question: string, changes: Partial<AnswerRequest> = {}) {
  const conversation = changes.conversation ?? newConversation(garden.paths, project.id);
  let text = '';
  let end: AnswerEnd | null = null;
  const adapter = baseOnly('No adapter is promoted.');
  const request = { project, question, conversation, runtime, adapter, code, maxTokens: 8 };
  for await (const event of answer({ ...request, ...changes })) {
    if (event.type === 'text') text += event.text;
    else end = event;
  }
  return { text, end, conversation };
}

it('answers with sources, says what answered and how fresh the index is, and stores the exchange', async () => {
  const { text, end, conversation } = await ask('What does slugify do?');
  expect(text).not.toBe('');
  expect(end?.sources).toMatchObject([{ path: 'slug.ts', startLine: 1, symbol: 'slugify' }]);
  expect(end?.adapter).toEqual({
    strength: null,
    version: null,
    reason: expect.stringContaining('No adapter is promoted'),
  });
  expect(end?.index).toMatchObject({ commit: null, complete: true });
  expect(typeof end?.index?.changedSince).toBe('number');
  expect(await conversation.recent()).toMatchObject([
    { question: 'What does slugify do?', answer: text.trim(), sources: end?.sources, adapter: null },
  ]);
  const more = await ask('Why?', { conversation });
  expect(more.end?.sources).toHaveLength(1);
  expect(more.end?.promptTokens).toBeGreaterThan(end?.promptTokens ?? 0);
  expect(await conversation.recent()).toHaveLength(2);
  const anew = await ask('Why not?', { conversation, replaceLast: true });
  expect(anew.end?.promptTokens).toBeLessThan((more.end?.promptTokens ?? 0) + 10);
  expect((await conversation.recent()).map(({ question }) => question)).toEqual([
    'What does slugify do?',
    'Why not?',
  ]);
});

it('uses the promoted adapter, and says why the base answers when it cannot', async () => {
  const promoted = { ...project, promotedAdapter: 1 };
  const asked = async (changes: Partial<BaseIdentity> = {}) => {
    const adapter = await chooseAdapter(garden.paths, promoted, { ...base, ...changes });
    return ask('What does slugify do?', { code: null, adapter });
  };
  const alone = await ask('What does slugify do?', { code: null });
  const adapted = await asked();
  expect(adapted.end?.adapter.version).toBe(1);
  expect(adapted.text).not.toBe(alone.text);
  expect(adapted.end?.index).toBeNull();

  for (const [changes, reason] of [
    [{ weightsHash: 'f'.repeat(64) }, 'other weights'],
    [{ tokenizerHash: 'x' }, 'another tokenizer'],
    [{ templateHash: 'x' }, 'another chat template'],
  ] as const) {
    const refused = await chooseAdapter(garden.paths, promoted, { ...base, ...changes });
    expect(refused).toMatchObject({ version: null, file: null, reason: expect.stringContaining(reason) });
  }
  const foreign = await asked({ weightsHash: 'f'.repeat(64) });
  expect(foreign.end?.adapter).toEqual({
    strength: null,
    version: null,
    reason: expect.stringContaining('other weights'),
  });
  expect(foreign.text).toBe(alone.text);

  // Chosen and then damaged: the runtime finds out.
  const chosen = await chooseAdapter(garden.paths, promoted, base);
  await truncate(chosen.file ?? '', 5_000);
  const found = await ask('What does slugify do?', { code: null, adapter: chosen });
  expect(found.end?.adapter).toEqual({
    version: null,
    strength: null,
    reason: expect.stringContaining('damaged'),
  });
  expect(found.text).toBe(alone.text);
  expect((await chooseAdapter(garden.paths, promoted, base)).reason).toContain('damaged');
  expect((await chooseAdapter(garden.paths, { ...promoted, promotedAdapter: 2 }, base)).reason).toContain(
    'missing',
  );
  await rm(chosen.file ?? '');
  const gone = await ask('What does slugify do?', { code: null, adapter: chosen });
  expect(gone.end?.adapter.reason).toContain('no adapter file');
  expect(gone.text).toBe(alone.text);
});

it('stores a stopped answer as far as it came, and nothing of one that failed', async () => {
  const conversation = newConversation(garden.paths, project.id);
  const adapter = baseOnly('');
  const request = { project, question: 'Tell a story.', conversation, runtime, adapter, code: null };
  let text = '';
  for await (const event of answer({ ...request, maxTokens: 200 })) {
    if (event.type === 'text') text += event.text;
    if (text.length > 20) break;
  }
  expect(await conversation.recent()).toMatchObject([{ end: 'cancelled', answer: text.trim() }]);
  await expect(ask('word '.repeat(600), { conversation })).rejects.toMatchObject({
    code: 'prompt.question-too-long',
  });
  await expect(ask('  ', { conversation })).rejects.toMatchObject({ code: 'chat.empty-question' });
  expect(await conversation.recent()).toHaveLength(1);
});
