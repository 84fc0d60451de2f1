import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RayApi } from './ray-api.js';
import { type RayBehaviour, type RecordedRay, startRecordedRay } from './recorded-ray.fixture.js';

let server: RecordedRay;
beforeEach(async () => {
  server = await startRecordedRay();
});
afterEach(() => server.close());

function api(given: { rayAddress?: string; rayToken?: string; rayInsecure?: boolean } = {}): RayApi {
  return new RayApi({ rayAddress: server.address, rayToken: '', rayInsecure: false, ...given });
}

const JOB = {
  entrypoint: 'exit 3',
  submission_id: 'gardener-a-1',
  runtime_env: { env_vars: { A: 'b' } },
  metadata: { 'codebase-gardener': 'a' },
  ...{ entrypoint_num_cpus: 2, entrypoint_num_gpus: 0, entrypoint_memory: 1_000 },
};

test('says what Ray it is', async () => {
  expect(await api().version()).toBe('2.60.0');
});

test('submits a job, sees how it stands, stops it; no request looks like one of a browser', async () => {
  server.fate = 'pending';
  const ray = api();
  expect(await ray.job(JOB.submission_id)).toBeNull();
  await ray.submit(JOB);
  expect(server.submissions).toEqual([JOB]);
  expect(await ray.job(JOB.submission_id)).toMatchObject({ status: 'PENDING' });
  expect(await ray.stop(JOB.submission_id)).toBe(true);
  expect(await ray.stop('another')).toBe(false);
  expect(new Set(server.secFetchModes)).toEqual(new Set([undefined]));
});

test('an id that is there already is refused', async () => {
  await api().submit(JOB);
  await expect(api().submit(JOB)).rejects.toMatchObject({
    code: 'training.ray-request-failed',
    message: expect.stringContaining('already exists'),
    retryable: false,
  });
});

test('the token is sent as it is set, and asked for where it is missing or wrong', async () => {
  server.token = 'open sesame';
  expect(await api({ rayToken: 'open sesame' }).version()).toBe('2.60.0');
  const code = 'training.ray-unauthorized';
  await expect(api().version()).rejects.toMatchObject({
    code,
    message: expect.stringContaining('asks for a token'),
  });
  const wrong = api({ rayToken: 'wrong' }).version();
  await expect(wrong).rejects.toMatchObject({ code, remedy: expect.stringContaining('ray get-auth-token') });
  await expect(wrong).rejects.not.toThrow('wrong');
});

test.each<[RayBehaviour, string]>([
  ['silent', 'training.ray-unreachable'],
  ['no-json', 'training.ray-bad-answer'],
  ['another-server', 'training.ray-bad-answer'],
  ['redirect', 'training.ray-bad-answer'],
  ['other-version', 'training.ray-other-version'],
])('a server that is %s: %s', async (behaviour, code) => {
  server.behaviour = behaviour;
  await expect(api().version()).rejects.toMatchObject({ code, remedy: expect.stringMatching(/.{20}/) });
});

test('a server that is none, or cannot take a job now', async () => {
  server.behaviour = 'no-agent';
  const busy = { code: 'training.ray-request-failed', retryable: true };
  await expect(api().submit(JOB)).rejects.toMatchObject(busy);
  const away = { code: 'training.ray-unreachable', retryable: true };
  await expect(api({ rayAddress: 'http://127.0.0.1:9' }).version()).rejects.toMatchObject(away);
});

test('the 404 of another server is no job that is lost', async () => {
  server.behaviour = 'another-server';
  await expect(api().job('a')).rejects.toMatchObject({ code: 'training.ray-bad-answer' });
});

describe('the address', () => {
  test.each([
    'http://ray.example.com:8265',
    'ftp://127.0.0.1',
    'nonsense',
    '',
    'https://user:word@ray.example.com',
    'https://ray.example.com/?a=b',
    'http://127.0.0.1.example.com',
  ])('%j is refused', (rayAddress) => {
    expect(() => api({ rayAddress })).toThrow(expect.objectContaining({ code: 'training.ray-bad-address' }));
  });

  test.each(['http://localhost:8265', 'http://[::1]:8265/', 'https://ray.example.com/cluster/'])(
    '%j is taken',
    (rayAddress) => {
      expect(api({ rayAddress }).address).toBe(rayAddress.replace(/\/$/, ''));
    },
  );

  test('http to another machine only where it is said to be meant', () => {
    expect(api({ rayAddress: 'http://10.0.0.7:8265', rayInsecure: true }).address).toBe(
      'http://10.0.0.7:8265',
    );
  });
});
