import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isOnBattery } from './power-source.js';

let supplies: string;

beforeEach(async () => {
  supplies = await mkdtemp(join(tmpdir(), 'gardener-power-'));
});
afterEach(() => rm(supplies, { recursive: true, force: true }));

/** One supply as the kernel shows it: a folder with a file for each fact. */
async function supply(name: string, facts: Record<string, string>): Promise<void> {
  await mkdir(join(supplies, name), { recursive: true });
  for (const [file, value] of Object.entries(facts))
    await writeFile(join(supplies, name, file), `${value}\n`);
}

const onLinux = () => isOnBattery({ platform: 'linux', supplies });

test('a laptop with and without its mains adapter', async () => {
  await supply('BAT0', { type: 'Battery', status: 'Discharging' });
  await supply('AC', { type: 'Mains', online: '0' });
  expect(await onLinux()).toBe(true);
  await supply('AC', { type: 'Mains', online: '1' });
  expect(await onLinux()).toBe(false);
  await supply('AC', { type: 'Mains', online: '0' });
  await supply('BAT0', { type: 'Battery', status: 'Charging' });
  expect(await onLinux()).toBe(false);
});

test('power through a USB socket counts, a mouse with a battery does not', async () => {
  await supply('hidpp_battery_0', { type: 'Battery', status: 'Discharging', scope: 'Device' });
  expect(await onLinux()).toBe(false);
  await supply('BAT0', { type: 'Battery', status: 'Discharging' });
  expect(await onLinux()).toBe(true);
  await supply('ucsi-source-psy-1', { type: 'USB', online: '1' });
  expect(await onLinux()).toBe(false);
});

test('a machine without batteries, and one that does not tell', async () => {
  expect(await onLinux()).toBe(false);
  expect(await isOnBattery({ platform: 'linux', supplies: join(supplies, 'none') })).toBe(false);
  const ask = () => Promise.reject(new Error('no such command'));
  expect(await isOnBattery({ platform: 'darwin', ask })).toBe(false);
  expect(await isOnBattery({ platform: 'freebsd' })).toBe(false);
});

test('macOS and Windows as their commands print it', async () => {
  const saying = (text: string) => () => Promise.resolve(text);
  const mac = (source: string) => saying(`Now drawing from '${source}'\n -InternalBattery-0 (id=1)\t82%;`);
  expect(await isOnBattery({ platform: 'darwin', ask: mac('Battery Power') })).toBe(true);
  expect(await isOnBattery({ platform: 'darwin', ask: mac('AC Power') })).toBe(false);
  expect(await isOnBattery({ platform: 'win32', ask: saying('1\r\n') })).toBe(true);
  expect(await isOnBattery({ platform: 'win32', ask: saying('2\r\n') })).toBe(false);
  expect(await isOnBattery({ platform: 'win32', ask: saying('') })).toBe(false);
});
