import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { ArtefactStore, StoredEntry } from '../artefact-store.js';
import type { S3Requests } from './s3-requests.js';
import { escaped, textsOf } from './s3-xml.js';

/** S3 takes parts of 5 MiB and more, ten thousand at most: 80 GB in such ones. */
const PART_BYTES = 8 << 20;
/** A store holds some hundred projects; whoever has more names in one folder keeps something else there. */
const MAX_LISTED = 20_000;

/** A store under a path of a bucket. An object appears when the last part of it has arrived, and not before. */
export class S3Store implements ArtefactStore {
  readonly place: string;

  /** @param partBytes at least 5 MiB for S3 itself */
  constructor(
    readonly requests: S3Requests,
    readonly partBytes = PART_BYTES,
  ) {
    this.place = requests.address.place;
  }

  async list(folder: string): Promise<StoredEntry[]> {
    const prefix = `${this.requests.address.prefix}${folder === '' ? '' : `${folder}/`}`;
    const entries: StoredEntry[] = [];
    let token: string | undefined;
    do {
      const xml = await this.requests.text({
        ...{ method: 'GET', key: '' },
        query: { 'list-type': '2', delimiter: '/', prefix, ...(token && { 'continuation-token': token }) },
      });
      if (!xml.includes('<ListBucketResult')) throw notAStore();
      entries.push(...entriesOf(xml, prefix));
      if (entries.length > MAX_LISTED) throw tooMany(this.place, folder);
      token = textsOf(xml, 'NextContinuationToken')[0];
    } while (token);
    return entries;
  }

  async *read(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { body } = await this.requests.send({ method: 'GET', key: this.#whole(key), signal });
    if (body === null) return;
    try {
      yield* body as AsyncIterable<Uint8Array>;
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new GardenerError('training.store-unreachable', `The object store broke off in ${key}.`, {
        remedy: 'Check the network; the same command goes on.',
        cause,
      });
    }
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const whole = this.#whole(key);
    const parts = inParts(content, this.partBytes);
    const first = (await parts.next()).value ?? new Uint8Array();
    if (first.length < this.partBytes) {
      // A source that fails ends the loop by throwing, so that what is short is whole.
      await this.requests.send({ method: 'PUT', key: whole, body: first, signal });
      return;
    }
    await this.#writeParts(whole, first, parts, signal);
  }

  /** S3's multipart upload; one that does not end is taken back, so that nobody pays for its parts. */
  async #writeParts(
    key: string,
    first: Uint8Array,
    rest: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const begun = await this.requests.text({ method: 'POST', key, query: { uploads: '' }, signal });
    const uploadId = textsOf(begun, 'UploadId')[0];
    if (uploadId === undefined) throw notAStore();
    try {
      const tags: string[] = [];
      const send = async (body: Uint8Array) => {
        const query = { partNumber: String(tags.length + 1), uploadId };
        const { headers } = await this.requests.send({ method: 'PUT', key, query, body, signal });
        tags.push(headers.get('etag') ?? '');
      };
      await send(first);
      for await (const part of rest) await send(part);
      const done = await this.requests.text({
        ...{ method: 'POST', key, query: { uploadId }, signal },
        body: Buffer.from(completion(tags)),
      });
      // This one answer can be an error although its status is good.
      if (!done.includes('<CompleteMultipartUploadResult')) throw notWhole(textsOf(done, 'Code')[0]);
    } catch (error) {
      await this.requests.send({ method: 'DELETE', key, query: { uploadId } }).catch(() => undefined);
      throw error;
    }
  }

  #whole(key: string): string {
    // Names are checked where they come in; a key made of one that was not must not be used.
    if (key.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      throw new Error(`${JSON.stringify(key)} is no key of a store`);
    }
    return `${this.requests.address.prefix}${key}`;
  }
}

/** What a page of a listing names directly under a prefix. */
function entriesOf(xml: string, prefix: string): StoredEntry[] {
  const files = textsOf(xml, 'Contents').flatMap((one): StoredEntry[] => {
    const key = textsOf(one, 'Key')[0] ?? '';
    const bytes = Number(textsOf(one, 'Size')[0]);
    // The folder itself can be an object, made by a tool that shows folders.
    const isFile = key.startsWith(prefix) && key.length > prefix.length && Number.isSafeInteger(bytes);
    return isFile ? [{ name: key.slice(prefix.length), kind: 'file', bytes }] : [];
  });
  const folders = textsOf(xml, 'CommonPrefixes').flatMap((one): StoredEntry[] => {
    const path = textsOf(one, 'Prefix')[0] ?? '';
    const isFolder = path.startsWith(prefix) && path.length > prefix.length + 1;
    return isFolder ? [{ name: path.slice(prefix.length, -1), kind: 'folder', bytes: 0 }] : [];
  });
  return [...files, ...folders];
}

/** The same bytes in blocks of one size, the last one shorter or, where there are no bytes left, absent. */
async function* inParts(content: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array> {
  let blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of content) {
    for (let from = 0; from < block.length; ) {
      const piece = block.subarray(from, from + partBytes - bytes);
      blocks.push(piece);
      bytes += piece.length;
      from += piece.length;
      if (bytes < partBytes) continue;
      yield Buffer.concat(blocks);
      [blocks, bytes] = [[], 0];
    }
  }
  if (bytes > 0) yield Buffer.concat(blocks);
}

function completion(tags: readonly string[]): string {
  const parts = tags.map(
    (tag, n) => `<Part><PartNumber>${n + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
}

function notAStore(): GardenerError {
  return new GardenerError(
    'training.store-failed',
    'What answers is no object store that speaks the S3 API.',
    {
      remedy: 'Check AWS_ENDPOINT_URL.',
    },
  );
}

function notWhole(code = 'no reason given'): GardenerError {
  return new GardenerError(
    'training.store-failed',
    `The object store did not put the parts together: ${code}.`,
    {
      remedy: 'Run the same command again; what was pushed before is in force.',
    },
  );
}

function tooMany(place: string, folder: string): GardenerError {
  return new GardenerError(
    'training.store-failed',
    `${place}${folder && `/${folder}`} holds more than ${MAX_LISTED} names.`,
    { remedy: 'Give a folder of the bucket that holds nothing else.' },
  );
}
