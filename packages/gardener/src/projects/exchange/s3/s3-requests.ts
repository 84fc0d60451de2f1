import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import pRetry, { AbortError } from 'p-retry';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { S3Address } from './s3-address.js';
import type { S3Settings } from './s3-settings.js';
import { textsOf } from './s3-xml.js';

export interface S3Request {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Whole, with the prefix; '' asks for the bucket. */
  key: string;
  query?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  signal?: AbortSignal | undefined;
}

/** Answers that are not an object's content have some kilobytes; a listing of a thousand names at most a megabyte. */
const MAX_ANSWER_BYTES = 4 << 20;
const RETRIES = 3;

/** The requests that a store makes of S3's REST API, signed (Signature Version 4) with their content's hash. */
export class S3Requests {
  /** @param waitMs before the first repetition of what failed in passing; doubled each time. */
  constructor(
    readonly address: S3Address,
    readonly settings: S3Settings,
    readonly waitMs = 500,
  ) {}

  /**
   * The answer, once it is a good one. What fails in passing (the connection, 429, 5xx) is asked three times more.
   * @throws GardenerError `training.store-unreachable`, `training.store-refused`, `training.store-no-bucket`,
   *   `training.store-failed`
   */
  send(request: S3Request): Promise<Response> {
    const ask = async (): Promise<Response> => {
      request.signal?.throwIfAborted();
      const response = await this.#fetch(request);
      if (response.ok) return response;
      const error = await this.#refusal(request, response);
      if (response.status === 429 || response.status >= 500) throw error;
      throw new AbortError(error);
    };
    const { signal } = request;
    return pRetry(ask, { retries: RETRIES, minTimeout: this.waitMs, ...(signal && { signal }) });
  }

  /** The whole text of an answer. */
  async text(request: S3Request): Promise<string> {
    return boundedText(await this.send(request));
  }

  async #fetch({ method, key, query, body, signal }: S3Request): Promise<Response> {
    const { url, headers } = await this.#signed(method, key, query, body);
    try {
      // A redirection would take the signature to a server that was not named.
      return await fetch(url, {
        ...{ method, headers, redirect: 'manual' as const },
        ...(body && { body: body as Uint8Array<ArrayBuffer> }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw new AbortError(signal.reason);
      throw unreachable(new URL(url).host, cause);
    }
  }

  async #signed(
    method: string,
    key: string,
    query: S3Request['query'],
    body: Uint8Array | undefined,
  ): Promise<{ url: string; headers: Headers }> {
    const url = new URL(`${this.#origin()}/${key.split('/').map(encodeURIComponent).join('/')}`);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const { accessKeyId, secretAccessKey, sessionToken, region } = this.settings;
    const signed = await new AwsV4Signer({
      ...{ method, url: url.href, service: 's3', region, accessKeyId, secretAccessKey },
      ...(sessionToken && { sessionToken }),
      headers: { 'x-amz-content-sha256': hash },
    }).sign();
    return { url: signed.url.href, headers: signed.headers };
  }

  /** A bucket of AWS has a host of its own, unless a dot in its name keeps the certificate from fitting. */
  #origin(): string {
    const { endpoint, region } = this.settings;
    const { bucket } = this.address;
    if (endpoint !== null) return `${endpoint}/${bucket}`;
    const host = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return bucket.includes('.')
      ? `https://s3.${region}.${host}/${bucket}`
      : `https://${bucket}.s3.${region}.${host}`;
  }

  async #refusal({ key }: S3Request, response: Response): Promise<GardenerError> {
    const { status } = response;
    const text = await boundedText(response).catch(() => '');
    const code = /^\w{1,60}$/.exec(textsOf(text, 'Code')[0] ?? '')?.[0] ?? String(status);
    const { bucket } = this.address;
    const details = { status, code, key };
    if (status >= 300 && status < 400) return this.#elsewhere(response, details);
    if (code === 'NoSuchBucket') {
      return new GardenerError('training.store-no-bucket', `There is no bucket ${bucket}.`, {
        remedy: 'Check its name and the region (AWS_REGION), or make it first: Gardener makes no buckets.',
        details,
      });
    }
    if (status === 401 || status === 403) {
      return new GardenerError('training.store-refused', `The object store refuses these keys: ${code}.`, {
        remedy:
          `They need to list, read and (for a push) write in ${this.address.place}: s3:ListBucket, s3:GetObject, ` +
          's3:PutObject, s3:AbortMultipartUpload. A clock that is wrong by minutes is refused too.',
        details,
      });
    }
    return new GardenerError('training.store-failed', `The object store could not do it: ${code}.`, {
      remedy: 'Try the same command again later; what was whole before is in force.',
      details,
    });
  }

  #elsewhere(response: Response, details: object): GardenerError {
    const region = /^[a-z0-9-]{1,40}$/.exec(response.headers.get('x-amz-bucket-region') ?? '')?.[0];
    return new GardenerError(
      'training.store-failed',
      `The bucket ${this.address.bucket} is not in the region ${this.settings.region}.`,
      {
        remedy: region
          ? `Set AWS_REGION=${region}.`
          : 'Set AWS_REGION to its region, or check AWS_ENDPOINT_URL.',
        details: { ...details },
      },
    );
  }
}

function unreachable(host: string, cause: unknown): GardenerError {
  return new GardenerError('training.store-unreachable', `The object store at ${host} does not answer.`, {
    remedy: 'Check the network and AWS_ENDPOINT_URL; the same command goes on.',
    cause,
  });
}

async function boundedText(response: Response): Promise<string> {
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of response.body ?? []) {
    bytes += block.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new GardenerError(
        'training.store-failed',
        'The object store answers with more than a listing has.',
        {
          remedy: 'Check AWS_ENDPOINT_URL: it may not be an object store.',
        },
      );
    }
    blocks.push(block);
  }
  return Buffer.concat(blocks).toString('utf8');
}
