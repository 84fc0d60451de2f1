import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTree } from '../codebase/walk/tree.fixture.js';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { ensureRunner } from '../garden/runner/runner-process.js';
import { waitForRun } from '../garden/runner/wait-for-run.js';
import { createRun } from '../garden/runs/runs.js';
import {
  type RecordedEmbeddingServer,
  startRecordedOpenAi,
} from '../retrieval/embedding/embedding-server.fixture.js';
import { projectStatus } from './project-status.js';

const ENTRY = new URL('../training/run/worker-child.js', import.meta.url);
const FILES = 40;
const TIMEOUT_MS = 120_000;

let server: RecordedEmbeddingServer;
let dataDir: string;
let root: string;
let garden: Garden;
let project: ProjectRecord;

beforeEach(async () => {
  server = await startRecordedOpenAi();
  dataDir = await mkdtemp(join(tmpdir(), 'gardener-server-down-'));
  // One function a file, all different: each is a chunk of its own, and takes its turn to be embedded.
  const code = (i: number) =>
    `export function step${i}(value: number): number {\n  return value * ${i} + ${i};\n}\n`;
  root = makeTree(Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`src/step${i}.ts`, code(i)])));
  await mkdir(dataDir, { recursive: true });
  const settings = { embeddingProvider: 'openai', embeddingModel: 'small', embeddingUrl: server.url };
  await writeFile(join(dataDir, 'settings.json'), JSON.stringify(settings));
  garden = await openGarden({ dataDir });
  project = await garden.registry.add({ path: root, baseModel: 'smollm2-135m-instruct' });
});
afterEach(async () => {
  await server.close().catch(() => undefined);
  for (const folder of [dataDir, root]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** An index run by the real runner, to its end; then what `gardener status --json` prints. */
async function statusAfterIndexing() {
  const { id } = await createRun(garden.paths, project.id, 'index', {});
  await waitForRun(garden.paths.run(project.id, id), { ensure: () => ensureRunner(garden.paths, ENTRY) });
  return projectStatus(garden, await garden.registry.get(project.id));
}

test(
  'a server that is down (stand-in for the OpenAI API): status says so as an error, and no index is complete',
  async () => {
    await server.close();
    const { index, training } = await statusAfterIndexing();
    expect(index).toMatchObject({ state: 'none', chunks: 0 });
    expect(training).toMatchObject({
      status: 'failed',
      error: {
        code: 'retrieval.embedding-server-down',
        message: expect.stringMatching(/does not answer/),
        remedy: expect.stringMatching(/embeddingUrl/),
      },
    });
  },
  TIMEOUT_MS,
);

test(
  'a server that dies in the middle (stand-in for the OpenAI API): the index says that it is not complete; when it is back, it is made',
  async () => {
    // The probe and the first request are answered.
    server.behave('answer', 'answer', 'hang-up');
    const broken = await statusAfterIndexing();
    expect(broken.index.state).not.toBe('ready');
    expect(broken.training).toMatchObject({
      status: 'failed',
      error: { code: 'retrieval.embedding-server-down' },
    });
    server.behave('answer');
    const whole = await statusAfterIndexing();
    expect(whole.index).toMatchObject({ state: 'ready', files: { seen: FILES, indexed: FILES } });
    expect(whole.training.error).toBeNull();
  },
  TIMEOUT_MS,
);
