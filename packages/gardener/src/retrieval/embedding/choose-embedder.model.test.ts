import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { settingsSchema } from '../../garden/settings/settings.js';
import { startEmbedder } from './choose-embedder.js';
import { startRecordedOllama, startRecordedOpenAi } from './embedding-server.fixture.js';

// Small models of random weights; what they give is compared with Python's vectors in the trainer's own tests.
const golden = join(import.meta.dirname, '../../../../lora/fixtures/golden/sentence-encoders');
const never = () => Promise.reject(new Error('the catalogue must not be asked'));
const settingsOf = (values: object) => settingsSchema.parse({ threads: 1, ...values });

it('takes the default model from the catalogue', async () => {
  const embedder = await startEmbedder(settingsOf({}), async (id) => ({
    id,
    directory: inject('embeddingModelDirectory'),
  }));
  expect(embedder).toMatchObject({ dimension: 384, id: expect.stringContaining('all-minilm-l6-v2') });
  const [text] = await embedder.embed(['open a file']);
  expect(await embedder.embedQuery('open a file')).toEqual(text);
  await embedder.dispose();
});

describe('a directory with an ONNX model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'choose-embedder-'));
    await cp(join(golden, 'bert-mean-prompts'), join(folder, 'model'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const open = async (values: object = {}) => {
    const settings = { embeddingProvider: 'onnx', embeddingModel: join(folder, 'model'), ...values };
    const embedder = await startEmbedder(settingsOf(settings), never);
    await embedder.dispose();
    return embedder;
  };

  it('embeds questions and texts with the prefixes of its own files, or with those that are set', async () => {
    const settings = { embeddingProvider: 'onnx', embeddingModel: join(folder, 'model') };
    const embedder = await startEmbedder(settingsOf(settings), never);
    const plain = await startEmbedder(
      settingsOf({ ...settings, embeddingQueryPrefix: '', embeddingDocumentPrefix: '' }),
      never,
    );
    const [text] = await embedder.embed(['read']);
    expect(await embedder.embedQuery('read')).not.toEqual(text);
    expect((await plain.embed(['search_document: read']))[0]).toEqual(text);
    expect(await plain.embedQuery('read')).toEqual((await plain.embed(['read']))[0]);
    await Promise.all([embedder.dispose(), plain.dispose()]);
  });

  it('has another id for another model, other files beside it, or other prefixes', async () => {
    const { id } = await open();
    expect((await open()).id).toBe(id);
    expect((await open({ embeddingQueryPrefix: 'ask: ' })).id).not.toBe(id);
    await writeFile(join(folder, 'model', '1_Pooling', 'config.json'), '{"pooling_mode": "cls"}');
    expect((await open()).id).not.toBe(id);
  });

  it('says what is missing', async () => {
    await expect(open({ embeddingModel: folder })).rejects.toMatchObject({
      code: 'retrieval.embedding-model-missing',
      remedy: expect.stringContaining('onnx/model.onnx'),
    });
    await writeFile(join(folder, 'model', 'tokenizer.json'), '{');
    await expect(open()).rejects.toMatchObject({ code: 'retrieval.embedding-model-unusable' });
  });
});

it('asks Ollama or an OpenAI-compatible server where the settings say so', async () => {
  const [ollama, openai] = await Promise.all([startRecordedOllama(), startRecordedOpenAi()]);
  for (const [embeddingProvider, { url }] of Object.entries({ ollama, openai })) {
    const settings = { embeddingProvider, embeddingModel: 'nomic-embed-text', embeddingUrl: url };
    const embedder = await startEmbedder(settingsOf(settings), never);
    expect(embedder).toMatchObject({ dimension: 16, id: expect.stringContaining('nomic-embed-text') });
    await embedder.dispose();
  }
  await Promise.all([ollama.close(), openai.close()]);
});
