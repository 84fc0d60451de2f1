import { expect, test } from 'vitest';
import { courtesyOf } from './courtesy.js';
import { type CpuTimes, OtherLoad } from './other-load.js';

/** Counters that go on by what a test adds. */
function counters() {
  const times: CpuTimes = { total: 1000, busy: 400, own: 100 };
  const add = (total: number, busy: number, own: number) => {
    times.total += total;
    times.busy += busy;
    times.own += own;
  };
  return { load: new OtherLoad(() => ({ ...times })), add };
}

test('the share of others is what is busy without us, since the last question', () => {
  const { load, add } = counters();
  add(2000, 1900, 1800);
  expect(load.share()).toBeCloseTo(0.05);
  add(2000, 2000, 500);
  expect(load.share()).toBeCloseTo(0.75);
  // Counters of different resolution may disagree by a little.
  add(100, 90, 95);
  expect(load.share()).toBe(0);
  expect(load.share()).toBe(0);
});

test('training rests as long as a step took while others use more than half of the machine', () => {
  const { load, add } = counters();
  const { restMs } = courtesyOf({ yieldToOthers: true, trainOnBattery: true }, load);
  add(2000, 2000, 900);
  expect(restMs!(600)).toBe(600);
  add(2000, 2000, 1100);
  expect(restMs!(600)).toBe(0);
});

test('training waits on battery, with the way out, and asks the system only now and then', async () => {
  let asked = 0;
  const onBattery = () => Promise.resolve(++asked === 1);
  const { obstacle } = courtesyOf({ yieldToOthers: false, trainOnBattery: false }, undefined, onBattery);
  expect(await obstacle!()).toMatch(/battery.*trainOnBattery/);
  expect(await obstacle!()).toMatch(/battery/);
  expect(asked).toBe(1);
});

test('both can be switched off', () => {
  expect(courtesyOf({ yieldToOthers: false, trainOnBattery: true })).toEqual({});
});
