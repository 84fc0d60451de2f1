import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GardenerError } from '../errors/garden-error.js';
import { withLock } from '../files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../files/json-state.js';
import type { GardenPaths } from '../files/paths.js';
import type { FollowedSettings } from './follow-settings.js';
import { checkSetting, readings } from './load-settings.js';
import { environmentName, isSettingKey, KEY_OF_ADDRESS, type SettingKey, settingKeys } from './settings.js';

/** Where the value in force comes from. */
export type SettingSource = 'environment' | 'file' | 'default';

const settingsFileSchema = z.record(z.string(), z.unknown());

/** Where each setting's value comes from. */
export async function settingSources(paths: GardenPaths): Promise<Record<SettingKey, SettingSource>> {
  // Another process may be in the middle of writing it; until then no setting counts as coming from it.
  const text = await readFile(paths.settingsFile, 'utf8').catch(() => '{}');
  const file = settingsFileSchema.catch({}).parse(parsed(text));
  const sourceOf = (key: SettingKey): SettingSource =>
    process.env[environmentName(key)] ? 'environment' : file[key] === undefined ? 'default' : 'file';
  return Object.fromEntries(settingKeys().map((key) => [key, sourceOf(key)])) as Record<
    SettingKey,
    SettingSource
  >;
}

/**
 * Writes settings to settings.json and reads the garden's anew; null takes one out, so that the default holds. A key
 * goes with the address it was given for: where the address becomes another server's, it is taken out too.
 * @throws garden.bad-setting, and nothing is changed then; garden.damaged-file, garden.disk-full
 */
export async function changeSettings(
  garden: FollowedSettings & { paths: GardenPaths },
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { paths } = garden;
  await withLock(paths.lockFile('settings'), async () => {
    const before = (await readJsonIfPresent(paths.settingsFile, settingsFileSchema)) ?? {};
    const file = { ...before };
    for (const [key, value] of Object.entries(changes)) {
      if (!isSettingKey(key)) throw unknownSetting(key);
      if (value === null) delete file[key];
      else file[key] = checkSetting(key, readingsOf(value), `The setting ${key}`);
    }
    dropKeys(file, before, changes);
    await writeJson(paths.settingsFile, file);
  });
  await garden.rereadSettings();
}

/** A form sends text where a setting takes a word or a number. */
function readingsOf(value: unknown): unknown[] {
  return typeof value === 'string' ? [value, ...readings(value)] : [value];
}

/** Takes out the keys whose address has become another server's, unless they were given anew. */
function dropKeys(
  file: Record<string, unknown>,
  before: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): void {
  for (const [address, key] of Object.entries(KEY_OF_ADDRESS)) {
    const was = originOf(before[address]);
    // A key may be set before its address is.
    if (was === '' || originOf(file[address]) === was) continue;
    const variable = environmentName(key);
    // The environment goes before the file: its key would be sent to the new address, unless that too is set there.
    if (process.env[variable] && !process.env[environmentName(address as SettingKey)])
      throw keyOfAnother(address as SettingKey, variable);
    if (!(key in changes)) delete file[key];
  }
}

function originOf(address: unknown): string {
  return typeof address === 'string' && URL.canParse(address) ? new URL(address).origin : '';
}

function keyOfAnother(address: SettingKey, variable: string): GardenerError {
  return new GardenerError(
    'garden.bad-setting',
    `${address} cannot become another server's: the key in ${variable} is meant for the one it names now.`,
    {
      remedy: `Take ${variable} out of the environment, or set the address there as well.`,
      details: { address },
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unknownSetting(key: string): GardenerError {
  return new GardenerError(
    'garden.bad-setting',
    `There is no setting ${JSON.stringify(key.slice(0, 100))}.`,
    {
      remedy: `Use one of: ${settingKeys().join(', ')}.`,
      details: { key },
    },
  );
}
