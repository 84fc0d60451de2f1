import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { openRegularFile } from '@codebase-gardener/lora/files';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import {
  MANIFEST_FILE,
  type ManifestBase,
  readAdapterManifest,
} from '../../training/adapters/adapter-manifest.js';
import {
  GGUF_FILE,
  PEFT_FILES,
  readScorecard,
  SCORECARD_FILE,
} from '../../training/adapters/adapter-store.js';
import { givenOrPromotedAdapter } from '../which-adapter.js';
import { ARTEFACT_FILE, type Artefact, type ArtefactFile, makeArtefact } from './artefact.js';
import type { ArtefactStore } from './artefact-store.js';
import { refuseDamaged } from './export-adapter.js';
import { checked, keyOf, listingProblem, readArtefact } from './stored-artefact.js';

export interface PushOptions {
  to: ArtefactStore;
  /** What the project is called there, see `storedName`. */
  name: string;
  /** Defaults to the promoted version. */
  version?: number;
  signal?: AbortSignal;
  /** Told of each block, with bytes done and in all. */
  onProgress?: (label: string, done: number, total: number) => void;
}

export interface Pushed {
  artefact: Artefact;
  /** False where all of it was there already: nothing was written. */
  isNew: boolean;
}

/** A file that is to be pushed, and how it is read. */
interface Outgoing {
  file: ArtefactFile;
  open(): AsyncIterable<Uint8Array>;
}

/**
 * Puts an adapter with its manifest and scorecard where other machines find it. The files lie in a folder that is named
 * by their content, so that two machines that push at once write the same bytes or other folders; what tells a reader
 * of them, artefact.json, is written last, by renaming. An interrupted push leaves what was there before in force, and
 * goes on with the files that are whole already.
 * @throws GardenerError `training.no-such-adapter`, `training.none-promoted`, `training.damaged-adapter`,
 *   `training.artefact-newer`, `training.store-has-link`, `garden.*`
 */
export async function pushAdapter(
  garden: Garden,
  project: ProjectRecord,
  { to: store, name, version: asked, signal, onProgress }: PushOptions,
): Promise<Pushed> {
  const version = await givenOrPromotedAdapter(garden.paths, project, asked);
  if (asked === undefined && project.promotedAdapter === null) throw nonePromoted(project, version);
  await refuseDamaged(garden.paths.adapter(project.id, version), project, version);
  const { outgoing, artefact } = await gather(garden, project, version);
  const total = outgoing.reduce((sum, { file }) => sum + file.bytes, 0);
  let done = 0;
  const tell = (label: string) => (bytes: number) => {
    done += bytes;
    onProgress?.(label, done, total);
  };
  const present = await presentArtefact(store, name);
  let isNew = present?.id !== artefact.id;
  for (const { file, open } of outgoing) {
    if (await isStored(store, name, artefact, file, tell('comparing'), signal)) continue;
    isNew = true;
    const content = checked(open(), file, (why) => changedMeanwhile(project, version, why), tell('pushing'));
    await store.write(keyOf(name, artefact, file), content, signal);
  }
  if (!isNew && present !== null) return { artefact: present, isNew };
  await store.write(`${name}/${ARTEFACT_FILE}`, once(jsonBytes(artefact)), signal);
  return { artefact, isNew: true };
}

/** What is to be pushed. The weights have the hashes that their manifest gives: these were compared before. */
async function gather(
  { paths }: Garden,
  project: ProjectRecord,
  version: number,
): Promise<{ outgoing: Outgoing[]; artefact: Artefact }> {
  const directory = paths.adapter(project.id, version);
  const manifest = await readAdapterManifest(directory);
  const outgoing: Outgoing[] = [];
  for (const name of [...PEFT_FILES, GGUF_FILE]) {
    const path = join(directory, name);
    const hash = manifest.files[name];
    if (hash === undefined) throw changedMeanwhile(project, version, `${name} is not in its manifest`);
    const { size } = await stat(path).catch((error: unknown) => {
      throw asFilesystemError(error, path, 'read');
    });
    outgoing.push({ file: { name, bytes: size, sha256: hash }, open: () => blocksOf(path) });
  }
  const base = sharedBase(manifest.base);
  outgoing.push(jsonFile(MANIFEST_FILE, { ...manifest, base }));
  const scorecard = await readScorecard(paths, project.id, version);
  if (scorecard !== null) outgoing.push(jsonFile(SCORECARD_FILE, scorecard));
  const artefact = makeArtefact({
    project: project.name,
    version,
    base,
    strength: manifest.strength,
    promoted: scorecard?.promoted ?? null,
    pushedAt: new Date().toISOString(),
    files: outgoing.map(({ file }) => file),
  });
  return { outgoing, artefact };
}

/** Of a file of the user's own its name is enough: the hash tells the rest, and where it lies is nobody's business. */
function sharedBase({ name, weightsHash, tokenizerHash, templateHash }: ManifestBase): Artefact['base'] {
  return { name: isAbsolute(name) ? basename(name) : name, weightsHash, tokenizerHash, templateHash };
}

function jsonFile(name: string, value: unknown): Outgoing {
  const content = jsonBytes(value);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { file: { name, bytes: content.length, sha256 }, open: () => once(content) };
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** What was pushed before; what is damaged counts as nothing, since this push mends it. */
async function presentArtefact(store: ArtefactStore, name: string): Promise<Artefact | null> {
  try {
    return await readArtefact(store, name);
  } catch (error) {
    if (GardenerError.isInstance(error) && error.code === 'training.artefact-damaged') return null;
    throw error;
  }
}

/** Whether a file is in the store, whole and with its hash. */
async function isStored(
  store: ArtefactStore,
  name: string,
  artefact: Artefact,
  file: ArtefactFile,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  if ((await listingProblem(store, name, { ...artefact, files: [file] })) !== null) return false;
  const wrong = new Error('other bytes');
  let read = 0;
  try {
    const count = (bytes: number) => {
      read += bytes;
    };
    const content = checked(store.read(keyOf(name, artefact, file), signal), file, () => wrong, count);
    for await (const _ of content) signal?.throwIfAborted();
    onBytes(read);
    return true;
  } catch (error) {
    if (error === wrong) return false;
    throw error;
  }
}

async function* blocksOf(path: string): AsyncGenerator<Uint8Array> {
  await using handle = await openRegularFile(path);
  yield* handle.createReadStream({ highWaterMark: 1 << 20, autoClose: false });
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

function nonePromoted({ name }: ProjectRecord, newest: number): GardenerError {
  return new GardenerError(
    'training.none-promoted',
    `No adapter of ${name} answers, so none is pushed unasked.`,
    {
      remedy: `Name one with --adapter ${newest}, or choose one first: gardener promote ${name} ${newest}.`,
    },
  );
}

function changedMeanwhile({ name }: ProjectRecord, version: number, why: string): GardenerError {
  return new GardenerError('training.damaged-adapter', `Adapter ${version} of ${name} is damaged: ${why}.`, {
    remedy: `Train again (gardener train ${name}), or push another version.`,
  });
}
