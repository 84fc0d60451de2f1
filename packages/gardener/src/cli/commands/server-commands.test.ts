import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serverToken } from '../../server/guard/token.js';
import { claimServer } from '../../server/listen/server-file.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

const URL_OF_ANOTHER = 'http://127.0.0.1:4799';
let here: TestGarden;

beforeEach(async () => {
  here = await makeTestGarden();
});
afterEach(() => here.remove());

/** This process stands for another one that serves the data directory. */
const serveElsewhere = (needsToken = false) =>
  claimServer(here.garden.paths, needsToken, async () => URL_OF_ANOTHER);

test('gardener ui names the server that runs already, and the page of a project', async () => {
  await serveElsewhere();
  expect(await here.gardener('ui', '--no-open')).toEqual({
    code: 0,
    stdout: `${URL_OF_ANOTHER}/\n`,
    stderr: '',
  });
  const shop = join(here.root, 'shop');
  await mkdir(shop);
  const { id } = await here.add('shop', shop);
  expect(await here.json('ui', 'shop', '--no-open')).toEqual({ url: `${URL_OF_ANOTHER}/p/${id}` });
  expect(await here.failure('ui', 'blog', '--no-open')).toMatchObject({ code: 'garden.unknown-project' });
});

test('where the server asks for a token, the address holds it', async () => {
  await serveElsewhere(true);
  const token = await serverToken(here.garden.paths);
  expect(await here.json('ui', '--no-open')).toEqual({ url: `${URL_OF_ANOTHER}/?token=${token}` });
});

test.each(['65536', '-1', 'http'])('there is no port %s', async (port) => {
  expect(await here.failure('serve', '--port', port)).toMatchObject({ exitCode: 2, code: 'cli.bad-number' });
  expect(await here.failure('ui', '--no-open', '--port', port)).toMatchObject({ code: 'cli.bad-number' });
});

test('a second server of one data directory is refused, with the address of the first', async () => {
  await serveElsewhere();
  const failure = await here.failure('serve', '--port', '0');
  expect(failure).toMatchObject({ exitCode: 1, code: 'server.already-running' });
  expect(failure.remedy).toContain(URL_OF_ANOTHER);
});
