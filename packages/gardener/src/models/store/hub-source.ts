import { createWriteStream } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pRetry, { AbortError } from 'p-retry';
import { systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';

/** The public model hub, used where neither the setting nor CODEBASE_GARDENER_MODEL_HUB names another. */
export const DEFAULT_MODEL_HUB = 'https://huggingface.co';

/** The hub to use: CODEBASE_GARDENER_MODEL_HUB, else the public one; without a slash at the end. */
export function modelHub(): string {
  return (process.env.CODEBASE_GARDENER_MODEL_HUB || DEFAULT_MODEL_HUB).replace(/\/+$/, '');
}

/** One file of a hub repository and where it goes. */
export interface HubDownload {
  /** Base address of the hub. */
  hub: string;
  /** `owner/name` */
  repository: string;
  /** Branch, tag or commit. */
  revision: string;
  /** Path inside the repository. */
  file: string;
  /** Path of the finished file; `<destination>.part` grows until then and is continued after an interruption. */
  destination: string;
  /** Known size and hash, or null to believe the hub's. */
  bytes: number | null;
  sha256: string | null;
  onBytes?: (done: number, total: number | null) => void;
  /**
   * Called with the number of bytes still to fetch, before they are requested; may refuse by throwing a GardenerError.
   */
  beforeFetch?: (bytesLeft: number) => Promise<void>;
  signal?: AbortSignal;
  limits?: Partial<HubLimits>;
}

/** Time limits of a download. */
export interface HubLimits {
  /** Attempts after the first one. Defaults to 6. */
  retries: number;
  /** Wait before the second attempt; doubles each time. Defaults to 1 s. */
  firstWaitMs: number;
  /** Without a byte for this long, an attempt is given up. Defaults to 30 s. */
  idleTimeoutMs: number;
  /** Everything together. Defaults to 12 h. */
  totalTimeoutMs: number;
}

const defaultLimits: HubLimits = {
  retries: 6,
  firstWaitMs: 1_000,
  idleTimeoutMs: 30_000,
  totalTimeoutMs: 12 * 3_600_000,
};

/** No base model that this product can use is larger; a hub that sends more is not to be believed. */
const MAX_FILE_BYTES = 64 * 2 ** 30;

/** What the hub says of a file before it is fetched. */
interface RemoteFile {
  etag: string | null;
  bytes: number | null;
  /** For large files the hub's etag is the sha256. */
  sha256: string | null;
}

/**
 * Downloads one file as Hugging Face's clients do: HEAD of `<hub>/<repository>/resolve/<revision>/<file>` for size and
 * hash (`x-linked-size`, `x-linked-etag`), then GET, with `Range` where a part is already there. Failed attempts are
 * repeated with exponential backoff and continue from the bytes they have. The hash is left to the caller.
 * Protocol: https://huggingface.co/docs/huggingface_hub/package_reference/file_download
 * @returns the size and hash to expect of the file, as known
 * @throws GardenerError `models.not-on-hub`, `models.hub-refused`, `models.hub-page`, `models.hub-unreachable`
 */
export async function downloadFromHub(
  download: HubDownload,
): Promise<{ bytes: number | null; sha256: string | null }> {
  return withRetries(download, (limits, signal) => attempt(download, limits, signal));
}

/**
 * How many bytes a file of the hub has; null where the hub does not say.
 * @throws GardenerError as {@link downloadFromHub}
 */
export async function sizeOnHub(download: HubDownload): Promise<number | null> {
  const { bytes } = await withRetries(download, (limits, signal) => describe(download, limits, signal));
  return bytes;
}

async function withRetries<Result>(
  download: HubDownload,
  ask: (limits: HubLimits, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limits = { ...defaultLimits, ...download.limits };
  const signals = [AbortSignal.timeout(limits.totalTimeoutMs), ...(download.signal ? [download.signal] : [])];
  const signal = AbortSignal.any(signals);
  try {
    return await pRetry(() => ask(limits, signal).catch(rethrowForRetry), {
      retries: limits.retries,
      minTimeout: limits.firstWaitMs,
      maxTimeout: 60_000,
      factor: 2,
      randomize: true,
      signal,
    });
  } catch (error) {
    if (download.signal?.aborted || GardenerError.isInstance(error) || isDiskProblem(error)) throw error;
    throw new GardenerError(
      'models.hub-unreachable',
      `${download.file} could not be downloaded from ${download.hub}: ${reasonOf(error)}.`,
      { remedy: 'Check the network and try again: what has arrived is kept.', retryable: true, cause: error },
    );
  }
}

async function attempt(download: HubDownload, limits: HubLimits, signal: AbortSignal) {
  const remote = await describe(download, limits, signal);
  const bytes = download.bytes ?? remote.bytes;
  if (bytes !== null && bytes > MAX_FILE_BYTES)
    throw new AbortError(new Error(`the hub announces ${bytes} bytes`));
  const have = await keptBytes(download, remote, bytes);
  if (bytes !== null && have < bytes) await download.beforeFetch?.(bytes - have);
  if (bytes === null || have < bytes) await fetchRest(download, limits, signal, have, bytes);
  return { bytes, sha256: download.sha256 ?? remote.sha256 };
}

/** Longer than any hub's description of a model that lists its files. */
const MAX_DESCRIPTION_BYTES = 8 << 20;
const DESCRIPTION_TIMEOUT_MS = 15_000;

/**
 * The licence of a repository as its hub names it (`apache-2.0`); null where it does not say, or cannot be asked now.
 * https://huggingface.co/docs/hub/api
 */
export async function licenceOnHub(
  hub: string,
  repository: string,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    const timeout = AbortSignal.timeout(DESCRIPTION_TIMEOUT_MS);
    const response = await fetch(`${hub}/api/models/${repository}`, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok || Number(response.headers.get('content-length') ?? 0) > MAX_DESCRIPTION_BYTES)
      return null;
    const description = (await response.json()) as {
      cardData?: { license?: unknown };
      tags?: unknown;
    } | null;
    const tags = Array.isArray(description?.tags) ? description.tags : [];
    const tag = tags.find((one) => typeof one === 'string' && one.startsWith('license:'));
    const licence = description?.cardData?.license ?? String(tag ?? '').slice('license:'.length);
    return typeof licence === 'string' && /^[\w.+-]{1,100}$/.test(licence) ? licence : null;
  } catch {
    // The model itself is there: what it may be used for is on the hub's page of it.
    return null;
  }
}

function addressOf(download: HubDownload): string {
  const path = download.file.split('/').map(encodeURIComponent).join('/');
  return `${download.hub}/${download.repository}/resolve/${encodeURIComponent(download.revision)}/${path}`;
}

/**
 * Asks for size and hash; redirects inside the hub (a renamed repository) are followed, the one to its storage is not.
 */
async function describe(download: HubDownload, limits: HubLimits, signal: AbortSignal): Promise<RemoteFile> {
  let address = addressOf(download);
  for (let redirects = 0; redirects < 5; redirects++) {
    const response = await fetch(address, {
      method: 'HEAD',
      redirect: 'manual',
      headers: { 'accept-encoding': 'identity' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(limits.idleTimeoutMs)]),
    });
    requireAnswer(response, download);
    const target = response.headers.get('location');
    const linkedEtag = response.headers.get('x-linked-etag');
    if (
      target !== null &&
      linkedEtag === null &&
      new URL(target, address).origin === new URL(address).origin
    ) {
      address = new URL(target, address).href;
      continue;
    }
    const etag = plainEtag(linkedEtag ?? response.headers.get('etag'));
    const length =
      response.headers.get('x-linked-size') ??
      (target === null ? response.headers.get('content-length') : null);
    return {
      etag,
      bytes: length !== null && /^\d+$/.test(length) ? Number(length) : null,
      sha256: etag !== null && /^[0-9a-f]{64}$/.test(etag) ? etag : null,
    };
  }
  throw new AbortError(new Error('the hub redirects in circles'));
}

/** Bytes of an earlier attempt that belong to the same file; a part of another version is dropped. */
async function keptBytes(download: HubDownload, remote: RemoteFile, bytes: number | null): Promise<number> {
  const part = partOf(download);
  const identity = JSON.stringify({ address: addressOf(download), etag: remote.etag, bytes });
  const known = await readFile(`${part}.json`, 'utf8').catch(() => null);
  const size = await stat(part).then(
    (facts) => facts.size,
    () => 0,
  );
  if (known === identity && (bytes === null || size <= bytes)) return size;
  await rm(part, { force: true });
  await writeFile(`${part}.json`, identity);
  return 0;
}

async function fetchRest(
  download: HubDownload,
  limits: HubLimits,
  signal: AbortSignal,
  have: number,
  bytes: number | null,
): Promise<void> {
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), limits.idleTimeoutMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(new Error('no data arrived for too long')), limits.idleTimeoutMs);
  };
  try {
    const response = await fetch(addressOf(download), {
      headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
      signal: AbortSignal.any([signal, idle.signal]),
    });
    if (response.status === 416) {
      await rm(partOf(download), { force: true });
      throw new Error('the hub has fewer bytes than were kept');
    }
    requireAnswer(response, download);
    if (response.body === null) throw new Error('the answer has no body');
    const start = response.status === 206 ? rangeStart(response) : 0;
    if (start > have) throw new Error(`the hub continues at byte ${start}, not ${have}`);
    alive();
    await writeBody(download, response.body, start, bytes, alive);
  } finally {
    clearTimeout(timer);
  }
}

async function writeBody(
  download: HubDownload,
  body: NonNullable<Response['body']>,
  start: number,
  bytes: number | null,
  alive: () => void,
): Promise<void> {
  let done = start;
  const count = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const block of source) {
      alive();
      done += block.length;
      if (done > (bytes ?? MAX_FILE_BYTES))
        throw new AbortError(new Error('the hub sends more bytes than it announced'));
      download.onBytes?.(done, bytes);
      yield block;
    }
  };
  // A start of 0 truncates: the hub ignored `Range` and sends everything.
  const file = createWriteStream(partOf(download), start === 0 ? {} : { flags: 'r+', start });
  await pipeline(Readable.fromWeb(body), count, file);
  if (bytes !== null && done < bytes) throw new Error(`the connection ended after ${done} of ${bytes} bytes`);
}

function requireAnswer(response: Response, download: HubDownload): void {
  const where = `${download.repository} on ${download.hub}`;
  if (response.ok && response.headers.get('content-type')?.startsWith('text/html')) {
    throw new AbortError(
      new GardenerError('models.hub-page', `A web page came instead of ${download.file} of ${where}.`, {
        remedy:
          'A proxy or a login may stand between: download the file in a browser and give it with --from FILE.',
      }),
    );
  }
  if (response.status < 400) return;
  if (response.status === 404) {
    throw new AbortError(
      new GardenerError('models.not-on-hub', `${download.file} was not found in ${where}.`, {
        remedy: 'Get the file by other means and give it with --from FILE, or choose another model.',
        details: { status: 404 },
      }),
    );
  }
  if (response.status === 401 || response.status === 403) {
    throw new AbortError(
      new GardenerError(
        'models.hub-refused',
        `The hub refuses ${download.file} of ${where} (HTTP ${response.status}).`,
        {
          remedy:
            'Accept its licence on the hub, download the file in a browser and give it with --from FILE.',
          details: { status: response.status },
        },
      ),
    );
  }
  throw new Error(`the hub answers HTTP ${response.status}`);
}

function rangeStart(response: Response): number {
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  if (match?.[1] === undefined) throw new Error('the hub sends a part without saying which');
  return Number(match[1]);
}

function partOf(download: HubDownload): string {
  return `${download.destination}.part`;
}

function plainEtag(etag: string | null): string | null {
  return etag === null ? null : etag.replace(/^W\//, '').replace(/^"|"$/g, '');
}

// p-retry gives up at once on a TypeError, which is what fetch throws for every network failure.
function rethrowForRetry(error: unknown): never {
  if (error instanceof TypeError) throw new Error(reasonOf(error), { cause: error });
  if (error instanceof Error && (isDiskProblem(error) || GardenerError.isInstance(error)))
    throw new AbortError(error);
  throw error;
}

function isDiskProblem(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code !== null && ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EFBIG'].includes(code);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return cause === '' ? error.message : `${error.message} (${cause})`;
}
