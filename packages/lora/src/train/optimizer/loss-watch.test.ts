import { expect, test } from 'vitest';
import { LossWatch } from './loss-watch.js';

/** The step (from 1 on) at which the watch calls for a turn, or null. */
function turnsAt(losses: readonly number[], watch = new LossWatch()): number | null {
  const at = losses.findIndex((loss) => watch.explodes(loss, 1, 100));
  return at < 0 ? null : at + 1;
}

test('losses of single steps that wander by a factor of three around a falling mean are calm', () => {
  const losses = Array.from(
    { length: 200 },
    (_, i) => (3 - i / 100) * (i % 3 === 0 ? 1.5 : i % 3 === 1 ? 0.5 : 1),
  );
  const watch = new LossWatch();
  expect(turnsAt(losses, watch)).toBeNull();
  expect(watch.calm).toBe(true);
});

test('one bad step is not an explosion, ten of them are, and they are suspect before that', () => {
  const good = Array.from({ length: 20 }, () => 2);
  expect(turnsAt([...good, 9, ...good])).toBeNull();
  const watch = new LossWatch();
  const at = turnsAt([...good, ...Array.from({ length: 10 }, () => 7)], watch);
  expect(at).toBeGreaterThan(21);
  expect(at).toBeLessThan(26);
  const suspect = new LossWatch();
  expect(turnsAt([...good, 7], suspect)).toBeNull();
  expect(suspect.calm).toBe(false);
});

test('the first steps decide nothing, unless they are not numbers', () => {
  expect(turnsAt([1, 50, 60, 70, 80])).toBeNull();
  expect(turnsAt([2, Number.NaN])).toBe(2);
  expect(new LossWatch().explodes(2, Number.POSITIVE_INFINITY, 100)).toBe(true);
});

test('a run of rows that are easy or have little to learn does not make the others an explosion', () => {
  // Rows with a gap: a few tokens, which repeat what stands around them; then whole windows again.
  const easy = new LossWatch();
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 8; i++) expect(easy.explodes(0.9, 1, 200)).toBe(false);
    for (let i = 0; i < 8; i++) expect(easy.explodes(0.1, 1, 12)).toBe(false);
  }
  expect(easy.calm).toBe(true);
  // As low with as much to learn, and then as at the start: no explosion either, one above it is.
  const watch = new LossWatch();
  const losses = [...Array(10).fill(1), ...Array(10).fill(0.3), ...Array(20).fill(0.95)];
  expect(turnsAt(losses, watch)).toBeNull();
  expect(turnsAt(Array(10).fill(3), watch)).toBeLessThan(4);
});

test('a loss that stays below the start is calm again after a run of easy rows; one that rises there is not', () => {
  const easy = [...Array(10).fill(1), ...Array(15).fill(0.3)];
  const level = new LossWatch();
  expect(turnsAt([...easy, ...Array(40).fill(0.8)], level)).toBeNull();
  expect(level.calm).toBe(true);
  // On its way to an explosion it is suspect at every step, also before it is above the start.
  const exploding = new LossWatch();
  expect(turnsAt(easy, exploding)).toBeNull();
  let steps = 0;
  while (!exploding.explodes(1.5, 1, 100)) {
    expect(exploding.calm).toBe(false);
    steps++;
  }
  expect(steps).toBeGreaterThan(1);
});

test('a loss that is stuck above the start and far above its lowest stays suspect', () => {
  const watch = new LossWatch();
  expect(turnsAt([...Array(10).fill(1), ...Array(30).fill(0.7), ...Array(60).fill(1.2)], watch)).toBeNull();
  expect(watch.calm).toBe(false);
});

test('where the easiest rows come first, what follows is no explosion while it is below the usual loss', () => {
  const losses = [...Array(10).fill(0.8), ...Array(20).fill(0.5), ...Array(60).fill(1.3)];
  expect(turnsAt(losses)).not.toBeNull();
  const watch = new LossWatch(1.7);
  expect(turnsAt(losses, watch)).toBeNull();
  expect(watch.calm).toBe(true);
  expect(turnsAt(Array(10).fill(4), watch)).toBeLessThan(6);
});
