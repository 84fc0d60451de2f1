import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readJsonIfPresent } from '../../garden/files/json-state.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { hashOfWeights } from '../../models/store/base-identity.js';
import { requireModel } from '../../models/store/require-model.js';
import { readAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import { adapterVersions, PEFT_FILES, SCORECARD_FILE } from '../../training/adapters/adapter-store.js';
import { type Scorecard, scorecardSchema } from '../../training/evaluation/scorecard.js';
import { type Artefact, damagedArtefact } from './artefact.js';
import type { ArtefactStore } from './artefact-store.js';
import { formingFolder, importAdapter } from './import-adapter.js';
import { checked, keyOf, listingProblem, readArtefact } from './stored-artefact.js';

export interface PullOptions {
  from: ArtefactStore;
  /** What the project is called there, see `storedName`. */
  name: string;
  signal?: AbortSignal;
  /** Told of each block, with bytes done and in all. */
  onProgress?: (label: string, done: number, total: number) => void;
}

export interface Pulled {
  artefact: Artefact;
  /** The version that it is here. */
  version: number;
  /** False where it was here already: nothing was changed. */
  isNew: boolean;
}

/**
 * Takes the adapter that was pushed last for a project as its next version, with its scorecard. Nothing in the store is
 * believed: sizes are bounded, every byte is hashed before anything is imported, the numbers are read and written anew,
 * and an adapter for another base is refused before it is fetched. Not promoted.
 * @throws GardenerError `training.nothing-pushed`, `training.artefact-damaged`, `training.artefact-newer`,
 *   `training.artefact-other-base`, `training.store-has-link`, and as `importAdapter`
 */
export async function pullAdapter(
  garden: Garden,
  project: ProjectRecord,
  options: PullOptions,
): Promise<Pulled> {
  const { from: store, name, signal, onProgress } = options;
  const artefact = await pushedArtefact(store, name);
  await refuseOtherBase(garden, project, artefact);
  const here = await versionOf(garden, project, artefact);
  if (here !== null) return { artefact, version: here, isNew: false };
  const forming = await formingFolder(garden, project.id);
  try {
    await fetchArtefact(artefact, forming, options);
    const scorecard = await pulledScorecard(`${store.place}/${name}`, artefact, forming);
    onProgress?.('checking against the base model', 1, 1);
    const settings = { pulled: { artefact: artefact.id, weights: weightsOf(artefact) } };
    const { version } = await importAdapter(garden, project, forming, { scorecard, settings, signal });
    return { artefact, version, isNew: true };
  } finally {
    await rm(forming, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * What was pushed last for a project.
 * @throws GardenerError `training.nothing-pushed` and as `readArtefact`
 */
export async function pushedArtefact(store: ArtefactStore, name: string): Promise<Artefact> {
  const artefact = await readArtefact(store, name);
  if (artefact === null) throw await nothingPushed(store, name);
  return artefact;
}

/**
 * Copies an artefact's files into a folder of this machine, each compared with its size and hash.
 * @throws GardenerError `training.artefact-damaged`, `training.store-has-link`, `garden.*`
 */
async function fetchArtefact(
  artefact: Artefact,
  into: string,
  { from: store, name, signal, onProgress }: PullOptions,
): Promise<void> {
  const fault = (why: string) => damagedArtefact(`${store.place}/${name}`, why);
  const problem = await listingProblem(store, name, artefact);
  if (problem !== null) throw fault(problem);
  const total = artefact.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const file of artefact.files) {
    const content = checked(store.read(keyOf(name, artefact, file), signal), file, fault, (bytes) => {
      done += bytes;
      onProgress?.('pulling', done, total);
    });
    const path = join(into, file.name);
    await pipeline(Readable.from(content), createWriteStream(path, { flags: 'wx' }), {
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      throw systemErrorCode(error) === 'ABORT_ERR' ? error : asFilesystemError(error, path, 'write');
    });
  }
}

/** The scorecard among pulled files, null where none was pushed; all must tell of the same adapter. */
async function pulledScorecard(place: string, artefact: Artefact, folder: string): Promise<Scorecard | null> {
  const manifest = await readAdapterManifest(folder);
  const isOther = artefact.files.some(({ name, sha256 }) => (manifest.files[name] ?? sha256) !== sha256);
  if (isOther || manifest.base.weightsHash !== artefact.base.weightsHash) {
    throw damagedArtefact(place, 'its two manifests tell of different adapters');
  }
  try {
    const scorecard = await readJsonIfPresent(join(folder, SCORECARD_FILE), scorecardSchema);
    // What it was continued from has its number on another machine: here it would name another adapter.
    return scorecard && { ...scorecard, predecessor: null };
  } catch (cause) {
    throw damagedArtefact(place, `${SCORECARD_FILE} cannot be read`, cause);
  }
}

/** Before gigabytes are fetched; tokenizer and template are compared when it is imported. */
async function refuseOtherBase({ paths }: Garden, project: ProjectRecord, { base }: Artefact): Promise<void> {
  if ((await hashOfWeights(await requireModel(paths, project.baseModel))) === base.weightsHash) return;
  // What a stranger wrote is put into no command that somebody copies, unless it is a plain word.
  const named = /^\w[\w.-]{0,99}$/.test(base.name) ? base.name : '<that base>';
  throw new GardenerError(
    'training.artefact-other-base',
    `The adapter was trained on ${base.name}, whose weights are not those of ${project.baseModel}, the base of ${project.name}.`,
    {
      remedy: `Answer with that base first (gardener promote ${project.name} base --base ${named}), then pull again.`,
      details: { base },
    },
  );
}

/** The version of a project that has these very weights, trained or pulled; null where none has. */
async function versionOf(
  { paths }: Garden,
  { id }: ProjectRecord,
  artefact: Artefact,
): Promise<number | null> {
  const weights = weightsOf(artefact);
  for (const version of (await adapterVersions(paths, id)).reverse()) {
    const manifest = await readAdapterManifest(paths.adapter(id, version)).catch(() => null);
    if (manifest === null) continue;
    const pulled = manifest.settings.pulled as { weights?: unknown } | undefined;
    if (manifest.files[PEFT_FILES[1]] === weights || pulled?.weights === weights) return version;
  }
  return null;
}

function weightsOf({ files }: Artefact): string | undefined {
  return files.find(({ name }) => name === PEFT_FILES[1])?.sha256;
}

async function nothingPushed(store: ArtefactStore, name: string): Promise<GardenerError> {
  const folders = (await store.list('')).filter(({ kind }) => kind === 'folder').map((one) => one.name);
  const held = folders.length === 0 ? 'nothing' : folders.slice(0, 10).join(', ');
  return new GardenerError(
    'training.nothing-pushed',
    `No adapter of ${name} was pushed to ${store.place}; it holds ${held}.`,
    {
      remedy:
        folders.length === 0
          ? 'Check the folder, or push there first from the machine that trained it: gardener push <project> --to <folder>.'
          : 'Say with --name what the project is called there.',
      details: { folders: folders.slice(0, 100) },
    },
  );
}
