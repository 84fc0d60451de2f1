import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseS3Address } from './s3-address.js';
import { S3Requests } from './s3-requests.js';
import { S3Store } from './s3-store.js';
import { type Answer, type Asked, s3Error, startScriptedS3 } from './scripted-s3.fixture.js';

type Server = Awaited<ReturnType<typeof startScriptedS3>>;
let server: Server;
let answer: (asked: Asked, n: number) => Answer;
beforeEach(async () => {
  server = await startScriptedS3((asked, n) => answer(asked, n));
});
afterEach(() => server.close());

const PART = 1024;
const keys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example', region: 'eu-central-1' };

function store(more: object = {}): S3Store {
  const settings = { ...keys, endpoint: server.url, ...more };
  return new S3Store(new S3Requests(parseS3Address('s3://bucket/team a/x'), settings, 1), PART);
}

async function* blocks(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const [n, size] of sizes.entries()) yield Buffer.alloc(size, n + 1);
}

async function everything(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const block of content) all.push(block);
  return Buffer.concat(all);
}

const page = (inner: string) =>
  `<?xml version="1.0"?><ListBucketResult xmlns="x">${inner}</ListBucketResult>`;

describe('an object store', () => {
  it('lists what lies directly in a folder, page after page', async () => {
    answer = ({ query }) => ({
      body: query.has('continuation-token')
        ? page('<CommonPrefixes><Prefix>team a/x/blog &amp; co/</Prefix></CommonPrefixes>')
        : page(
            '<Prefix>team a/x/</Prefix><Contents><Key>team a/x/</Key><Size>0</Size></Contents>' +
              '<Contents><Key>team a/x/a.json</Key><Size>12</Size></Contents>' +
              '<NextContinuationToken>t/1+=</NextContinuationToken>',
          ),
    });
    expect(await store().list('')).toEqual([
      { name: 'a.json', kind: 'file', bytes: 12 },
      { name: 'blog & co', kind: 'folder', bytes: 0 },
    ]);
    expect(server.asked[1]?.query.get('continuation-token')).toBe('t/1+=');
    expect(Object.fromEntries(server.asked[0]?.query ?? [])).toEqual({
      'list-type': '2',
      delimiter: '/',
      prefix: 'team a/x/',
    });
  });

  it('is asked with a signature over the content, and with the token of passing credentials', async () => {
    answer = () => ({ headers: { etag: '"1"' } });
    await store({ sessionToken: 'passing' }).write('shop/a.json', blocks(3));
    const [{ method, path, headers, body } = expect.fail()] = server.asked;
    expect([method, path, body.length]).toEqual(['PUT', '/bucket/team%20a/x/shop/a.json', 3]);
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/s3\//,
    );
    expect(headers['x-amz-content-sha256']).toBe(
      '75c8fd04ad916aec3e3d5cb76a452b116b3d4d0912a0a485e9fb8e3d240e210c',
    );
    expect(headers['x-amz-security-token']).toBe('passing');
  });

  it('gets a large file in parts, which appear together', async () => {
    answer = ({ method, query }) => {
      if (query.has('uploads'))
        return {
          body: '<InitiateMultipartUploadResult><UploadId>u&quot;1</UploadId></InitiateMultipartUploadResult>',
        };
      if (method === 'POST')
        return { body: '<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>' };
      return { headers: { etag: `"${query.get('partNumber')}"` } };
    };
    await store().write('shop/weights', blocks(1500, 10, 900));
    expect(server.asked.map(({ method, body }) => [method, body.length]).slice(0, 4)).toEqual([
      ['POST', 0],
      ['PUT', 1024],
      ['PUT', 1024],
      ['PUT', 362],
    ]);
    const last = server.asked.at(-1);
    expect(last?.query.get('uploadId')).toBe('u"1');
    expect(last?.body.toString()).toContain('<PartNumber>3</PartNumber><ETag>&#34;3&#34;</ETag>');
  });

  it('takes the parts back when the file that is written fails, or the store cannot join them', async () => {
    answer = ({ method, query }) => {
      if (query.has('uploads')) return { body: '<UploadId>u1</UploadId>' };
      // As S3 does: a good status, and an error in the text.
      if (method === 'POST') return { body: s3Error('InternalError') };
      return method === 'DELETE' ? { status: 204 } : { headers: { etag: '"1"' } };
    };
    const failing = async function* () {
      yield* blocks(PART, PART);
      throw new Error('the disk is gone');
    };
    await expect(store().write('a', failing())).rejects.toThrow('the disk is gone');
    expect(server.asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/bucket/team%20a/x/a' });
    await expect(store().write('b', blocks(PART + 1))).rejects.toMatchObject({
      code: 'training.store-failed',
      message: expect.stringContaining('InternalError'),
    });
    expect(server.asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/bucket/team%20a/x/b' });
    // What fails while it is short has not begun.
    const before = server.asked.length;
    const short = async function* () {
      yield* blocks(10);
      throw new Error('changed meanwhile');
    };
    await expect(store().write('c', short())).rejects.toThrow('changed meanwhile');
    expect(server.asked.length).toBe(before);
  });

  it('is asked again after what passes, and says at once what does not', async () => {
    answer = (_, n) => (n < 3 ? { status: 503, body: s3Error('SlowDown') } : { body: page('') });
    expect(await store().list('')).toEqual([]);
    expect(server.asked.length).toBe(3);
    const failures: [Answer, object][] = [
      [
        { status: 403, body: s3Error('AccessDenied') },
        { code: 'training.store-refused', message: expect.stringContaining('AccessDenied') },
      ],
      [{ status: 404, body: s3Error('NoSuchBucket') }, { code: 'training.store-no-bucket' }],
      [
        {
          status: 301,
          headers: { 'x-amz-bucket-region': 'us-west-2', location: 'http://192.0.2.1/' },
          body: s3Error('PermanentRedirect'),
        },
        { code: 'training.store-failed', remedy: 'Set AWS_REGION=us-west-2.' },
      ],
      [
        { status: 404, body: '\u001b[31m<Code>\u0007</Code>' },
        { code: 'training.store-failed', message: 'The object store could not do it: 404.' },
      ],
      [{ body: '<html>Sign in</html>' }, { code: 'training.store-failed' }],
      [{ body: page('<Contents>'.repeat(500_000)) }, { code: 'training.store-failed' }],
    ];
    for (const [failing, expected] of failures) {
      const before = server.asked.length;
      answer = () => failing;
      await expect(store().list('shop')).rejects.toMatchObject(expected);
      expect(server.asked.length).toBe(before + 1);
    }
  });

  it('says that it does not answer, or broke off', async () => {
    answer = () => ({ headers: { 'content-length': '5000' }, body: Buffer.alloc(100), breakOff: true });
    await expect(everything(store().read('shop/a'))).rejects.toMatchObject({
      code: 'training.store-unreachable',
    });
    const { url } = server;
    const gone = store();
    await server.close();
    await expect(gone.list('')).rejects.toMatchObject({
      code: 'training.store-unreachable',
      message: `The object store at ${new URL(url).host} does not answer.`,
    });
  });

  it('is left at once on Ctrl-C', async () => {
    answer = () => ({ status: 500 });
    const controller = new AbortController();
    controller.abort(new Error('interrupted'));
    await expect(everything(store().read('shop/a', controller.signal))).rejects.toThrow('interrupted');
    expect(server.asked).toEqual([]);
  });

  it('has no keys that lead elsewhere', async () => {
    for (const key of ['../x', 'a/../b', '', 'a//b']) {
      await expect(everything(store().read(key))).rejects.toThrow(/no key of a store/);
    }
  });
});
