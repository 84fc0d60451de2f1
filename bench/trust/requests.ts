import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { startServer } from '../../packages/gardener/src/server/serve.js';
import { type Part, pick } from './ledger.js';

/** Stands in a file beside the codebase and in the settings: no answer may hold it. */
const SECRET = 'Zq8vT3nLw0pXk5';
const ANSWER_MS = 15_000;

/**
 * Raw requests that no client of ours would send, to a server on this machine: no answer is a server error, none holds
 * what was not asked for, none invites another origin, and the server answers afterwards.
 */
export const hostileRequests: Part = async (cases, note) => {
  const root = mkdtempSync(join(tmpdir(), 'trust-requests-'));
  const code = join(root, 'shop');
  mkdirSync(code);
  writeFileSync(join(code, 'cart.ts'), 'export const cart = 1;\n');
  writeFileSync(join(root, 'outside.txt'), SECRET);
  const garden = await openGarden({
    dataDir: join(root, 'data'),
    settings: { logLevel: 'silent', embeddingApiKey: SECRET },
  });
  await garden.registry.add({ path: code, baseModel: 'smollm2-135m-instruct' });
  const server = await startServer(garden, { version: '0.0.0', port: 0 });
  try {
    for (const { number, random } of cases) {
      const request = pick(random, REQUESTS)(server.port, random);
      const lost = fault(await send(server.port, request), request.isPart === true);
      note({ number, what: request.what, lost: lost ?? (await isAnswering(server.url)) });
    }
  } finally {
    await server.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
};

/** @param isPart the request is not whole: the server may close the connection without a word */
function fault({ text: answer, isClosed }: Answer, isPart: boolean): string | null {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  if (answer === '' && !isClosed) return `neither an answer nor an end within ${ANSWER_MS / 1000} s`;
  if (status === 0 && !isPart) return `no answer: ${JSON.stringify(answer.slice(0, 80))}`;
  if (status >= 500 && status !== 503 && status !== 505) return `status ${status}`;
  if (answer.includes(SECRET)) return 'the answer holds a secret';
  if (/^access-control-allow-origin:/im.test(answer)) return 'another origin is invited';
  return null;
}

async function isAnswering(url: string): Promise<string | null> {
  const { status } = await fetch(`${url}/health`, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => ({
    status: 0,
  }));
  return status === 200 ? null : `the server does not answer afterwards (${status})`;
}

interface Answer {
  text: string;
  /** By the server. */
  isClosed: boolean;
}

/** What the server says until it closes or says nothing more. */
function send(port: number, { text, isPart = false }: Request): Promise<Answer> {
  return new Promise((resolve) => {
    let answer = '';
    let isClosed = false;
    const socket = connect(port, '127.0.0.1');
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: answer, isClosed });
    };
    const close = () => {
      isClosed = true;
      end();
    };
    let timer = setTimeout(end, ANSWER_MS);
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(end, 150);
    });
    socket.on('error', close).on('close', close);
    // A whole request is answered on a connection that stays open: one that its client ends is given up.
    if (isPart) socket.end(text);
    else socket.write(text);
  });
}

interface Request {
  what: string;
  text: string | Buffer;
  /** Whether it is cut off or no request at all. */
  isPart?: boolean;
}
type Make = (port: number, random: () => number) => Request;

const ROUTES = [
  ...[
    '/api/projects',
    '/api/projects/shop',
    '/api/projects/shop/search',
    '/api/projects/shop/runs',
    '/api/settings',
  ],
  ...[
    '/api/projects/shop/source?path=cart.ts',
    '/api/folders?path=/',
    '/api/models',
    '/v1/chat/completions',
    '/mcp',
  ],
] as [string, ...string[]];
const WORDS = [
  ...[
    '../outside.txt',
    '..%2f..%2foutside.txt',
    '%00',
    '/etc/passwd',
    'file:///etc/passwd',
    '😀',
    '\u202e',
    'a'.repeat(5_000),
  ],
  ...[
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    '$' + '{7*7}',
    '<script>',
    '-1',
    '1e999',
    'null',
    '[]',
    '{}',
  ],
] as [string, ...string[]];

function http(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

const jsonTo = (port: number, path: string, body: string, more: Record<string, string> = {}): string =>
  http(
    'POST',
    path,
    {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/json',
      'content-length': `${Buffer.byteLength(body)}`,
      ...more,
    },
    body,
  );

/** A value of hostile depth, size or kind. */
function hostileValue(random: () => number, depth = 0): unknown {
  const kind = Math.floor(random() * (depth > 3 ? 4 : 7));
  if (kind === 0) return pick(random, WORDS);
  if (kind === 1) return pick(random, [0, -1, 1e308, 2 ** 53, 0.1, Number.MAX_SAFE_INTEGER] as const);
  if (kind === 2) return pick(random, [null, true, false] as const);
  if (kind === 3) return 'x'.repeat(Math.floor(random() * 20_000));
  if (kind === 4)
    return Array.from({ length: Math.floor(random() * 50) }, () => hostileValue(random, depth + 1));
  const keys = [
    'query',
    'path',
    'question',
    'messages',
    'k',
    'kind',
    'version',
    'budgetMs',
    'baseModel',
    '__proto__',
    'name',
  ];
  return Object.fromEntries(
    keys.filter(() => random() < 0.5).map((key) => [key, hostileValue(random, depth + 1)]),
  );
}

const REQUESTS: [Make, ...Make[]] = [
  (port, random) => ({
    what: 'JSON that does not fit',
    text: jsonTo(port, pick(random, ROUTES).split('?')[0] ?? '/', JSON.stringify(hostileValue(random))),
  }),
  (port, random) => {
    const depth = 1_000 + Math.floor(random() * 100_000);
    return { what: 'JSON of great depth', text: jsonTo(port, pick(random, ROUTES), '['.repeat(depth)) };
  },
  (port, random) => ({
    what: 'paths out of the codebase',
    text: http(
      'GET',
      `/api/projects/shop/source?path=${encodeURI(pick(random, WORDS)).replaceAll('#', '%23')}`,
      { host: `127.0.0.1:${port}` },
    ),
  }),
  (port, random) => ({
    what: 'paths out of the web folder',
    text: http(
      'GET',
      `/${'../'.repeat(Math.floor(random() * 8))}${pick(random, ['outside.txt', '%2e%2e/outside.txt', '..\\outside.txt', '.git/config'] as const)}`,
      {
        host: `127.0.0.1:${port}`,
      },
    ),
  }),
  (_port, random) => ({
    what: 'a foreign name',
    text: http('GET', pick(random, ROUTES), {
      host: pick(random, ['evil.example', '', 'localhost.evil.example', '[::1', 'a b'] as const),
    }),
  }),
  (port, random) => ({
    what: 'a foreign origin',
    text: jsonTo(port, pick(random, ROUTES), '{}', {
      origin: pick(random, ['http://evil.example', 'null', 'file://', `https://127.0.0.1:${port}`] as const),
    }),
  }),
  (port, random) => ({
    what: 'a form of another page',
    text: jsonTo(port, pick(random, ROUTES), 'path=/etc', {
      'content-type': pick(random, [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
      ] as const),
    }),
  }),
  (port, random) => ({
    what: 'lengths that are wrong',
    isPart: true,
    text: http(
      'POST',
      pick(random, ROUTES),
      {
        ...{ host: `127.0.0.1:${port}`, 'content-type': 'application/json' },
        'content-length': pick(random, ['-1', '99999999999999999999', '5', '0x10', '1e3'] as const),
      },
      '{"a":1}',
    ),
  }),
  (port, random) => ({
    what: 'two ways to say the length',
    text: http(
      'POST',
      pick(random, ROUTES),
      {
        ...{ host: `127.0.0.1:${port}`, 'content-type': 'application/json' },
        ...{ 'content-length': '6', 'transfer-encoding': 'chunked' },
      },
      '0\r\n\r\nGET /api/settings HTTP/1.1\r\n\r\n',
    ),
  }),
  (port, random) => ({
    what: 'chunks that are wrong',
    isPart: true,
    text: http(
      'POST',
      pick(random, ROUTES),
      {
        ...{ host: `127.0.0.1:${port}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      },
      pick(random, ['fffffffff\r\n{}', '-1\r\n', 'zz\r\n{}\r\n', '2\r\n{}\r\n0'] as const),
    ),
  }),
  (port, random) => ({
    what: 'headers without end',
    text: http('GET', '/api/projects', {
      host: `127.0.0.1:${port}`,
      'x-long': 'x'.repeat(Math.floor(random() * 200_000)),
    }),
  }),
  (_port, random) => ({
    what: 'no HTTP at all',
    isPart: true,
    text: Buffer.from(
      Array.from({ length: 1 + Math.floor(random() * 5_000) }, () => Math.floor(random() * 256)),
    ),
  }),
  (port, random) => ({
    what: 'methods and names that are not there',
    text: http(
      pick(random, ['TRACE', 'CONNECT', 'PATCH', 'FOO', 'DELETE'] as const),
      `/api/projects/${encodeURIComponent(pick(random, WORDS)).slice(0, 3_000)}`,
      {
        host: `127.0.0.1:${port}`,
      },
    ),
  }),
  (port, random) => {
    const value = pick(random, [
      'file:///etc/passwd',
      'javascript:1',
      'http://a\r\nx: y',
      'gopher://a',
      '\0',
    ] as const);
    return {
      what: 'settings that lead elsewhere',
      text: jsonTo(port, '/api/settings', JSON.stringify({ embeddingUrl: value })).replace('POST', 'PUT'),
    };
  },
];
