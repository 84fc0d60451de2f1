import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Answer, ask, newAnswer } from './ask.js';
import { modeWords } from './mode-words.js';
import { isStored } from './use-chat.js';

let frames: (() => void)[] = [];
beforeEach(() => {
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
});
afterEach(() => vi.unstubAllGlobals());

const END = { conversation: 'c', reason: 'stop', sources: [] };
const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

async function asked(...pieces: string[]) {
  const told: Answer[] = [];
  const bodies: unknown[] = [];
  vi.stubGlobal('fetch', async (path: string, { body }: { body: string }) => {
    bodies.push([path, JSON.parse(body)]);
    return new Response(pieces.join(''));
  });
  const { signal } = new AbortController();
  const answer = await ask('p 1', 'c', { question: 'Why?' }, signal, (one) => told.push(one));
  return { answer, told, bodies };
}

it('puts the pieces together, and ends with what they rest on', async () => {
  const { answer, told, bodies } = await asked(
    event('text', { text: 'Be' }),
    event('text', { text: 'cause.' }),
    event('end', END),
  );
  expect(bodies).toEqual([['/api/projects/p%201/conversations/c/ask', { question: 'Why?' }]]);
  expect(answer).toEqual({ question: 'Why?', text: 'Because.', state: 'done', end: END, error: null });
  // One frame was asked for in all, and the last state was told without waiting for it.
  expect(frames).toHaveLength(1);
  expect(told).toEqual([answer]);
});

it('keeps the words that came before it broke off, and says that it did', async () => {
  const { answer } = await asked(event('text', { text: 'Be' }));
  expect(answer).toMatchObject({ text: 'Be', state: 'failed', error: { code: 'web.answer-broken-off' } });
});

it('fails with the error of the server, in the stream or before it', async () => {
  const error = { code: 'models.runtime-died', message: 'It ended.', remedy: 'Try again.' };
  const { answer } = await asked(event('text', { text: 'Be' }), event('error', { error }));
  expect(answer).toMatchObject({ state: 'failed', text: 'Be', error });
  vi.stubGlobal('fetch', async () => Response.json({ error }, { status: 503 }));
  const refused = await ask('p', 'c', { question: 'Why?' }, new AbortController().signal, () => undefined);
  expect(refused).toMatchObject({ state: 'failed', text: '', error: { code: error.code, status: 503 } });
});

it('is stopped and not failed when the reader stops it', async () => {
  const stop = new AbortController();
  vi.stubGlobal('fetch', async () => {
    stop.abort();
    throw new DOMException('Stopped', 'AbortError');
  });
  const answer = await ask('p', 'c', { question: 'Why?' }, stop.signal, () => undefined);
  expect(answer).toMatchObject({ state: 'stopped', error: null });
});

it('knows which questions the server has kept', () => {
  const mode = { adapter: true, retrieval: true };
  const turn = (answer: Partial<Answer>) =>
    ({ kind: 'asked', answer: { ...newAnswer('Why?'), ...answer }, mode }) as const;
  expect(isStored(undefined)).toBe(false);
  expect(isStored(turn({ state: 'failed' }))).toBe(false);
  expect(isStored(turn({ state: 'stopped', text: 'Be' }))).toBe(true);
  const both = newAnswer('Why?');
  expect(isStored({ kind: 'compared', left: both, right: both, modes: [mode, mode] })).toBe(false);
});

it('says how a question is answered', () => {
  const serves = { completion: 'adapter', answers: 'adapter' } as const;
  const view = { adapter: { version: 3, promoted: true, reason: null, serves } };
  expect(modeWords({ adapter: true, retrieval: true }, view)).toBe('Adapter 3, with retrieval');
  expect(modeWords({ adapter: true, retrieval: false })).toBe('Adapter, without retrieval');
  expect(modeWords({ adapter: false, retrieval: true }, view)).toBe('Base model, with retrieval');
  const left = { adapter: { ...view.adapter, serves: { ...serves, answers: 'base' as const } } };
  expect(modeWords({ adapter: true, retrieval: true }, left)).toBe('Base model, with retrieval');
  const unpromoted = { adapter: { ...view.adapter, promoted: false } };
  expect(modeWords({ adapter: true, retrieval: true }, unpromoted)).toBe('Base model, with retrieval');
});
