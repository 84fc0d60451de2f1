import { afterAll, beforeAll, expect, it } from 'vitest';
import { appendEvent, createRun } from '../../garden/runs/runs.js';
import { makeTestApp, type TestApp } from '../app.fixture.js';

let shop: TestApp;
beforeAll(async () => {
  shop = await makeTestApp();
});
afterAll(() => shop.remove());

it('answers with a row a project and the totals', async () => {
  const { id } = await createRun(shop.garden.paths, shop.project.id, 'train', {});
  const directory = shop.garden.paths.run(shop.project.id, id);
  const error = { code: 'train.diverged', message: 'The loss is no number.', remedy: 'Lower the rate.' };
  await appendEvent(directory, { type: 'run-fail', error });
  const answer = await shop.ask('/api/fleet');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    projects: [
      {
        project: { name: 'shop', isAway: false },
        index: { state: 'ready', files: 2 },
        run: { id, status: 'failed', failures: [error] },
        ...{ adapter: { version: null, promoted: false }, verdict: null, bitsPerByte: null },
      },
    ],
    totals: { projects: 1, indexed: 1, failed: 1, promoted: 0, improvement: null },
    damaged: [],
  });
});
