import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GardenerError } from '../errors/garden-error.js';
import { withLock } from '../files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../files/json-state.js';
import type { GardenPaths } from '../files/paths.js';
import type { FollowedSettings } from './follow-settings.js';
import { checkSetting, readings } from './load-settings.js';
import { environmentName, isSettingKey, type SettingKey, settingKeys } from './settings.js';

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
 * Writes settings to settings.json and reads the garden's anew; null takes one out, so that the default holds.
 * @throws garden.bad-setting, and nothing is changed then; garden.damaged-file, garden.disk-full
 */
export async function changeSettings(
  garden: FollowedSettings & { paths: GardenPaths },
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { paths } = garden;
  await withLock(paths.lockFile('settings'), async () => {
    const file = { ...(await readJsonIfPresent(paths.settingsFile, settingsFileSchema)) };
    for (const [key, value] of Object.entries(changes)) {
      if (!isSettingKey(key)) throw unknownSetting(key);
      if (value === null) delete file[key];
      else file[key] = checkSetting(key, readingsOf(value), `The setting ${key}`);
    }
    await writeJson(paths.settingsFile, file);
  });
  await garden.rereadSettings();
}

/** A form sends text where a setting takes a word or a number. */
function readingsOf(value: unknown): unknown[] {
  return typeof value === 'string' ? [value, ...readings(value)] : [value];
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
