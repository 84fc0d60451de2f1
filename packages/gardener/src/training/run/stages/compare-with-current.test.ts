import { expect, test } from 'vitest';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { RunContext } from '../run-context.js';
import { compareWithCurrent } from './compare-with-current.js';
import type { SavedAdapter } from './save-adapter.js';
import type { Material } from './scoring.js';

/** A comparison that fails at its first look at the data, and what is reported of it. */
function failing(error: unknown, signal = new AbortController().signal) {
  const reported: unknown[] = [];
  const run = {
    project: { baseModel: 'small', promotedAdapter: null },
    baseModel: 'large',
    report: { progress: () => undefined, event: async (event: unknown) => reported.push(event) },
    signal,
  } as unknown as RunContext;
  const data = {
    get manifest(): never {
      throw error;
    },
  } as unknown as Material['data'];
  return { result: compareWithCurrent(run, { data, saved: {} as SavedAdapter }), reported };
}

test.each([
  [new GardenerError('models.missing', 'It is not here.', { remedy: 'Get it.' }), 'It is not here.'],
  [new TypeError('a.set is no function'), 'something unexpected failed (TypeError: a.set is no function).'],
  ['thrown', 'something unexpected failed (Error: thrown).'],
])('whatever fails, training has not failed, and it is told: %s', async (error, reason) => {
  const { result, reported } = failing(error);
  expect(await result).toBeNull();
  const message = `What answers now, on small, could not be compared: ${reason}`;
  expect(reported).toEqual([{ type: 'log', message }]);
});

test('a run that is stopped meanwhile is stopped', async () => {
  const stopped = new Error('stopped');
  const { result, reported } = failing(new TypeError('gone'), AbortSignal.abort(stopped));
  await expect(result).rejects.toBe(stopped);
  expect(reported).toEqual([]);
});
