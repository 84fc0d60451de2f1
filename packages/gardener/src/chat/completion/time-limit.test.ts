import { describe, expect, it } from 'vitest';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { cancelled } from '../../models/runtime/cancelled.js';
import type { CompletionEvent } from '../assistant-requests.js';
import { TimeLimit } from './time-limit.js';

const broken = new GardenerError('models.runtime-died', 'It died.', { remedy: 'Start it again.' });

/** A limit whose time is over. */
async function over(): Promise<TimeLimit> {
  const limit = new TimeLimit({ timeLimitMs: 1 });
  await new Promise((resolve) => limit.signal.addEventListener('abort', resolve));
  return limit;
}

async function* failing(error: unknown): AsyncGenerator<CompletionEvent, void> {
  yield { type: 'text', text: 'a' };
  throw error;
}

async function typesOf(events: AsyncIterable<CompletionEvent>): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of events) types.push(type);
  return types;
}

describe('once the time is over', () => {
  it('what was stopped for it ends', async () => {
    const limit = await over();
    expect(await typesOf(limit.within(failing(cancelled())))).toEqual(['text', 'end']);
    expect(await typesOf(limit.within(failing(limit.signal.reason)))).toEqual(['text', 'end']);
    expect(limit.endFor(cancelled())).toMatchObject({ type: 'end', silence: null });
  });

  it('a failure is still a failure', async () => {
    const limit = await over();
    await expect(typesOf(limit.within(failing(broken)))).rejects.toBe(broken);
    expect(limit.endFor(broken)).toBeNull();
    expect(limit.endFor(new TypeError('x is not a function'))).toBeNull();
  });
});

it('says that a newer request has come, and nothing to a caller who has gone', () => {
  const superseded = AbortSignal.abort();
  expect(new TimeLimit({ superseded }).endFor(cancelled())).toMatchObject({ silence: 'newer-request' });
  const signal = AbortSignal.abort();
  expect(new TimeLimit({ superseded, signal }).endFor(cancelled())).toBeNull();
});
