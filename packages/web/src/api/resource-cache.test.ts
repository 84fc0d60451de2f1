import { afterEach, expect, it, vi } from 'vitest';
import { invalidate, isStale, load, NOTHING, replace, stateOf, watch } from './resource-cache.js';

afterEach(() => vi.unstubAllGlobals());

let address = 0;
const newPath = () => `/api/${++address}`;
const answerInTurn = (...answers: (() => Promise<Response> | Response)[]) =>
  vi.stubGlobal('fetch', async () => answers.shift()?.());
const refused = () =>
  Response.json({ error: { code: 'a.b', message: 'No.', remedy: 'Wait.' } }, { status: 422 });

it('is loading, then has what the server answered, and tells who watches', async () => {
  const path = newPath();
  expect(stateOf(path)).toBe(NOTHING);
  expect(isStale(path)).toBe(true);
  answerInTurn(() => Response.json({ n: 1 }));
  const seen: unknown[] = [];
  const stop = watch(path, () => seen.push(stateOf(path)));
  await load(path);
  expect(seen).toEqual([
    { data: undefined, error: undefined, loading: true },
    { data: { n: 1 }, error: undefined, loading: false },
  ]);
  expect(isStale(path)).toBe(false);
  stop();
  replace(path, () => ({ n: 2 }));
  expect(seen).toHaveLength(2);
});

it('only the answer to the last request counts', async () => {
  const path = newPath();
  let answerFirst = (_: Response) => undefined as unknown;
  const first = new Promise<Response>((resolve) => {
    answerFirst = resolve;
  });
  answerInTurn(
    () => first,
    () => Response.json('second'),
  );
  const loads = [load(path), load(path)];
  await loads[1];
  answerFirst(Response.json('first'));
  await loads[0];
  expect(stateOf(path)).toEqual({ data: 'second', error: undefined, loading: false });
});

it('an answer that comes after an action has put its own in place does not undo it', async () => {
  const path = newPath();
  answerInTurn(() => Response.json('old'));
  const loading = load(path);
  replace(path, () => 'new');
  await loading;
  expect(stateOf(path).data).toBe('new');
});

it('keeps in sight what was known when a request fails, and tells of a server that is away once elsewhere', async () => {
  const path = newPath();
  answerInTurn(
    () => Response.json('known'),
    refused,
    () => Promise.reject(new TypeError('fetch failed')),
  );
  await load(path);
  await load(path);
  expect(stateOf(path)).toMatchObject({ data: 'known', error: { code: 'a.b' }, loading: false });
  await load(path);
  expect(stateOf(path)).toEqual({ data: 'known', error: undefined, loading: false });
  expect(isStale(path)).toBe(true);
});

it('a server that is away is an error where nothing was known', async () => {
  const path = newPath();
  answerInTurn(() => Promise.reject(new TypeError('fetch failed')));
  await load(path);
  expect(stateOf(path)).toMatchObject({ data: undefined, error: { code: 'web.server-away' } });
});

it('asks again for what is shown, and later for what is not', async () => {
  const [shown, hidden, other] = [newPath(), newPath(), newPath()];
  for (const path of [shown, hidden, other]) {
    answerInTurn(() => Response.json(1));
    await load(path);
  }
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    return Response.json(2);
  });
  const stop = watch(shown, () => undefined);
  invalidate((path) => path !== other);
  expect(asked).toEqual([shown]);
  expect([shown, hidden, other].map(isStale)).toEqual([false, true, false]);
  stop();
});

it('forgets addresses that no page shows, the oldest first', async () => {
  const watched = newPath();
  const stop = watch(watched, () => undefined);
  replace(watched, () => 'kept');
  const first = newPath();
  replace(first, () => 'first');
  for (let more = 0; more < 70; more++) stateOf(newPath());
  expect(stateOf(first)).toBe(NOTHING);
  expect(stateOf(watched).data).toBe('kept');
  stop();
});
