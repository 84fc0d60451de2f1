import { afterEach, expect, it, vi } from 'vitest';
import { connect, modelProgress } from './live.js';
import { load, stateOf, watch } from './resource-cache.js';

afterEach(() => vi.unstubAllGlobals());

/** A stream whose events the test makes. */
class FakeStream extends EventTarget {
  static last: FakeStream;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly close = vi.fn();
  constructor() {
    super();
    FakeStream.last = this;
  }
  send(type: string, data: object): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
}

it('after a reset a download that was seen before is as the server says', async () => {
  vi.stubGlobal('EventSource', FakeStream);
  const answers = ['downloading', 'missing'];
  vi.stubGlobal('fetch', async () => Response.json({ state: answers.shift() }));
  const known: object[] = [];
  const stop = watch('/api/models', () => known.push(modelProgress()));
  const close = connect();
  await load('/api/models');
  const progress = { state: 'downloading', doneBytes: 1, totalBytes: 2 };
  FakeStream.last.send('model', { model: 'm', ...progress });
  expect(modelProgress()).toEqual({ m: progress });

  known.length = 0;
  FakeStream.last.send('reset', {});
  await vi.waitFor(() => expect(stateOf('/api/models')).toMatchObject({ data: { state: 'missing' } }));
  // Forgotten before the list is asked for again, so that no page puts the old with the new.
  expect(known[0]).toEqual({});
  expect(modelProgress()).toEqual({});
  FakeStream.last.send('model', { model: 'm', ...progress });
  expect(modelProgress()).toEqual({ m: progress });
  close();
  stop();
  expect(FakeStream.last.close).toHaveBeenCalledOnce();
});
