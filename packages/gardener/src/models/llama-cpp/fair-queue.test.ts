import { expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

/** Work that is done when told. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

it('does one thing at a time, and goes round between turns', async () => {
  const queue = new FairQueue();
  const done: string[] = [];
  const first = gate();
  let working = 0;
  const work = (name: string, until = Promise.resolve()) =>
    queue.run(name.slice(0, 1), undefined, async () => {
      working += 1;
      expect(working).toBe(1);
      await until;
      done.push(name);
      working -= 1;
    });
  const all = [work('a1', first.opened), ...['a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map((name) => work(name))];
  expect(queue.length).toBe(6);
  first.open();
  await Promise.all(all);
  expect(done).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  expect(queue.length).toBe(0);
});

it('lets a call that is stopped leave before its turn, and goes on after work that failed', async () => {
  const queue = new FairQueue();
  const first = gate();
  const stop = new AbortController();
  const failing = queue.run('a', undefined, async () => {
    await first.opened;
    throw new Error('broken');
  });
  const leaving = queue.run('a', stop.signal, async () => expect.unreachable());
  const last = queue.run('b', undefined, async () => 'done');
  stop.abort(new Error('stopped'));
  await expect(leaving).rejects.toThrow('stopped');
  expect(queue.length).toBe(1);
  first.open();
  await expect(failing).rejects.toThrow('broken');
  expect(await last).toBe('done');
  await expect(queue.run('a', stop.signal, async () => 1)).rejects.toThrow('stopped');
  expect(await queue.run('a', undefined, async () => 2)).toBe(2);
});
