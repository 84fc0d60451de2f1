import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunkCodebase } from '../codebase/read/chunk-codebase.js';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import type { Settings } from '../garden/settings/settings.js';
import { type AdapterSize, writeRandomAdapter } from '../models/llama-cpp/adapter.fixture.js';
import { type BaseIdentity, identifyBase } from '../models/store/base-identity.js';
import { ensureModel } from '../models/store/ensure-model.js';
import { startEmbedder } from '../retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../retrieval/embedding/embedder.js';
import { ProjectIndex } from '../retrieval/index/project-index.js';
import { writeAdapterManifest } from '../training/adapters/adapter-manifest.js';

/** A data directory with the default models and projects that have an index and a random adapter each. */
export interface GardenWithProjects {
  garden: Garden;
  base: BaseIdentity;
  projects: ProjectRecord[];
  /** Adds version `version` of a project's adapter; equal seeds give equal weights. */
  addAdapter(project: ProjectRecord, version: number, seed: number): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Makes a garden with `count` projects; project n has adapter 1 made of seed n + 1, promoted.
 * @param settings default to little: one thread, a small context
 */
export async function makeGardenWithProjects(
  models: { baseModelFile: string; embeddingModelDirectory: string },
  count: number,
  settings: Partial<Settings> = { threads: 1, contextTokens: 1_024 },
  size?: AdapterSize,
): Promise<GardenWithProjects> {
  const root = await mkdtemp(join(tmpdir(), 'gardener-projects-'));
  const garden = await openGarden({
    dataDir: join(root, 'data'),
    settings: { logLevel: 'silent', ...settings },
  });
  const model = await ensureModel(garden.paths, 'smollm2-135m-instruct', { fromFile: models.baseModelFile });
  await ensureModel(garden.paths, 'all-minilm-l6-v2', { fromFile: models.embeddingModelDirectory });
  const base = await identifyBase(model);
  const embedder = await startEmbedder(garden.settings, (id) => ensureModel(garden.paths, id));

  const addAdapter = async (project: ProjectRecord, version: number, seed: number) => {
    const directory = garden.paths.adapter(project.id, version);
    await mkdir(directory, { recursive: true });
    const file = join(directory, 'adapter.gguf');
    await writeRandomAdapter(file, models.baseModelFile, seed, 0.1, size);
    const { tokenizerHash, templateHash } = base;
    const trained = { ...base, tokenizerHash: tokenizerHash ?? '', templateHash: templateHash ?? '' };
    const origin = { dataHash: null, commit: null, settings: {}, scores: null };
    await writeAdapterManifest(directory, { ...origin, base: trained, createdAt: new Date().toISOString() }, [
      'adapter.gguf',
    ]);
    return file;
  };

  const projects: ProjectRecord[] = [];
  for (let n = 0; n < count; n++) {
    const record = await addProject(garden, join(root, `code-${n}`), n, embedder);
    await addAdapter(record, 1, n + 1);
    projects.push(await garden.registry.update(record.id, { promotedAdapter: 1 }));
  }
  await embedder.dispose();
  return { garden, base, projects, addAdapter, remove: () => rm(root, { recursive: true, force: true }) };
}

async function addProject(garden: Garden, code: string, n: number, embedder: Embedder) {
  await mkdir(code);
  await writeFile(
    join(code, 'slug.ts'),
    `export function slugify${n}(title: string) {\n  return title.toLowerCase().replace(/ /g, "-");\n}\n`,
  );
  const record = await garden.registry.add({ name: `p${n}`, path: code, baseModel: 'smollm2-135m-instruct' });
  const index = new ProjectIndex(garden.paths, record.id);
  await index.update(chunkCodebase(code), embedder, { root: code });
  index.close();
  return record;
}
