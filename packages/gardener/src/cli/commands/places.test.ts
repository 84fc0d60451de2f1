import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkServers } from '../../doctor/servers.js';
import { changeSettings } from '../../garden/settings/change-settings.js';
import { type RecordedRay, startRecordedRay } from '../../training/places/ray/api/recorded-ray.fixture.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let here: TestGarden;
let ray: RecordedRay;
beforeEach(async () => {
  here = await makeTestGarden();
  ray = await startRecordedRay();
  await changeSettings(here.garden, { rayAddress: ray.address });
});
afterEach(async () => {
  await ray.close();
  await here.remove();
});

test('a Ray that does not take jobs is refused before anything is queued', async () => {
  await here.add('shop', here.root);
  ray.token = 'open sesame';
  const wanting = {
    exitCode: 1,
    code: 'training.ray-unauthorized',
    remedy: expect.stringContaining('rayToken'),
  };
  expect(await here.failure('train', 'shop', '--place', 'ray')).toMatchObject(wanting);
  await ray.close();
  const away = { code: 'training.ray-unreachable', remedy: expect.stringContaining('ray start --head') };
  expect(await here.failure('train', 'shop', '--place', 'ray')).toMatchObject(away);
  expect(await here.failure('add', here.root, '--place', 'ray')).toMatchObject(away);
  await changeSettings(here.garden, { place: 'ray' });
  expect(await here.failure('train', 'shop')).toMatchObject(away);
});

test('another machine is not spoken to without TLS', async () => {
  await here.add('shop', here.root);
  await changeSettings(here.garden, { rayAddress: 'http://10.0.0.7:8265' });
  expect(await here.failure('train', 'shop', '--place', 'ray')).toMatchObject({
    code: 'training.ray-bad-address',
    remedy: expect.stringContaining('rayInsecure'),
  });
});

test('doctor says which Ray the setting names', async () => {
  await changeSettings(here.garden, { place: 'ray' });
  expect(await checkServers(here.garden)).toEqual([
    {
      name: 'place ray',
      state: 'ok',
      detail: expect.stringMatching(/^Ray 2\.60\.0 at http:\/\/127\.0\.0\.1:\d+$/),
      remedy: null,
    },
  ]);
  ray.behaviour = 'no-json';
  expect(await checkServers(here.garden)).toMatchObject([
    { state: 'fail', remedy: expect.stringContaining('8265') },
  ]);
});
