import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BaseModel, LoraAdapter } from '@codebase-gardener/lora';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { inProjectFolder, makeProjectFolder } from '../../garden/files/project-folder.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import {
  type AdapterManifest,
  checkAdapterManifest,
  readAdapterManifest,
} from '../../training/adapters/adapter-manifest.js';
import { GGUF_FILE, saveAdapter } from '../../training/adapters/adapter-store.js';
import { openBase } from '../../training/adapters/open-base.js';
import type { Scorecard } from '../../training/evaluation/scorecard.js';

/** What came of an import. */
export interface Imported {
  version: number;
  directory: string;
  /**
   * Whether a manifest says that it was trained on this very base; without one only names and shapes could be compared.
   */
  baseIsKnown: boolean;
}

/** What is told beside an adapter's own files by where it came from. */
export interface ImportFacts {
  /** How it was measured there. */
  scorecard?: Scorecard | null;
  /** Noted in the manifest's settings. */
  settings?: Record<string, unknown>;
  signal?: AbortSignal | undefined;
}

/**
 * Takes an adapter of elsewhere as the project's next version: a directory of PEFT or mlx-lm, or one with an
 * adapter.gguf. It is read whole and written anew, so that nothing of the directory but the numbers comes in, at the
 * strength that its manifest gives. Not promoted.
 * @throws GardenerError `training.no-such-directory`, `training.other-base`, `training.model-missing`, `garden.*`;
 * LoraError `adapter.incompatible` (all that does not fit), `adapter.unsupported` (DoRA and the like),
 * `adapter.damaged`, `weights.*`
 */
export async function importAdapter(
  garden: Garden,
  project: ProjectRecord,
  from: string,
  { scorecard = null, settings = {}, signal }: ImportFacts = {},
): Promise<Imported> {
  const source = resolve(from);
  await requireDirectory(source);
  await using base = await openBase(garden.paths, project.baseModel);
  const { writePeftAdapter } = await import('@codebase-gardener/lora');
  const manifest = await manifestOf(source);
  if (manifest !== null) await refuseOtherBase(manifest, base, project);
  const adapter = await readAdapter(source, base);
  return await inProjectFolder(garden.paths, project.id, garden.paths.adapters(project.id), async () => {
    const forming = await formingFolder(garden, project.id);
    try {
      await writePeftAdapter(forming, adapter, base.config, { baseModelName: project.baseModel });
      const { rank, alpha, dropout } = adapter.config;
      signal?.throwIfAborted();
      const saved = await saveAdapter(garden.paths, project.id, forming, base, project.baseModel, {
        runId: null,
        dataHash: null,
        commit: null,
        settings: { ...settings, engine: 'imported', rank, alpha, dropout },
        strength: manifest?.strength ?? 1,
        scorecard,
      });
      return { ...saved, baseIsKnown: manifest !== null };
    } finally {
      await rm(forming, { recursive: true, force: true });
    }
  });
}

async function readAdapter(source: string, base: BaseModel): Promise<LoraAdapter> {
  const { readGgufAdapter, readMlxAdapter, readPeftAdapter } = await import('@codebase-gardener/lora');
  // Both have an adapter_config.json.
  if (await isFile(join(source, 'adapters.safetensors'))) return readMlxAdapter(source, base.config);
  if (await isFile(join(source, 'adapter_config.json'))) return readPeftAdapter(source, base.config);
  const gguf = join(source, GGUF_FILE);
  if (await isFile(gguf)) return readGgufAdapter(gguf, base.config);
  throw new GardenerError(
    'training.no-adapter-files',
    `${source} holds no adapter of PEFT, mlx-lm or llama.cpp.`,
    {
      remedy:
        'Give the folder that PEFT wrote with save_pretrained, the --adapter-path of mlx-lm, or one with an adapter.gguf.',
    },
  );
}

/** The manifest that `gardener export` leaves; null for an adapter of elsewhere. */
async function manifestOf(source: string): Promise<AdapterManifest | null> {
  if (!(await isFile(join(source, 'manifest.json')))) return null;
  return readAdapterManifest(source);
}

async function refuseOtherBase(
  manifest: AdapterManifest,
  base: BaseModel,
  { name, baseModel }: ProjectRecord,
): Promise<void> {
  const { weights, tokenizer, template } = base.hashes;
  const mismatches = await checkAdapterManifest(manifest, {
    name: baseModel,
    weightsHash: weights,
    tokenizerHash: tokenizer,
    templateHash: template,
  });
  if (mismatches.length === 0) return;
  throw new GardenerError(
    'training.other-base',
    `The adapter is not for the base model of ${name}. ${mismatches.join(' ')}`,
    {
      remedy: `Import it into a project whose base is the one it was trained on: gardener add <path> --base ${manifest.base.name.slice(0, 100)}.`,
      details: { mismatches },
    },
  );
}

/**
 * An empty folder for what is to become an adapter: among the adapters, so that a killed import leaves what `gardener
 * disk` knows as such.
 */
export async function formingFolder({ paths }: Garden, projectId: string): Promise<string> {
  const parent = paths.adapters(projectId);
  try {
    await makeProjectFolder(paths, projectId, parent);
    return await mkdtemp(join(parent, '.forming-import-'));
  } catch (error) {
    throw asFilesystemError(error, parent, 'write');
  }
}

async function requireDirectory(path: string): Promise<void> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory()) return;
  throw new GardenerError(
    'training.no-such-directory',
    facts === null ? `${path} does not exist.` : `${path} is not a directory.`,
    { remedy: 'Give the folder with adapter_config.json and adapter_model.safetensors.' },
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}
