import { readFile } from 'node:fs/promises';
import { fileVersion } from '../files/file-version.js';
import type { Garden } from '../garden.js';
import { loadSettings, type Settings, type SettingsSources } from './settings.js';

/**
 * Reads the settings again whenever settings.json has been written since.
 * @param version of the file that `garden.settings` were read from
 * @param onChange told after each reading
 * @returns what to call before they are used; throws as `loadSettings`, once for each writing that cannot be used
 */
export function rereadSettings(
  garden: Pick<Garden, 'settings'>,
  sources: SettingsSources,
  version: string | null,
  onChange: (settings: Settings) => void,
): () => Promise<void> {
  let seen = version;
  let reading: Promise<void> | null = null;
  const read = async () => {
    const text = await readFile(sources.settingsFile, 'utf8').catch(() => '{}');
    // An editor may be in the middle of writing it: not yet a damaged file.
    JSON.parse(text);
    garden.settings = await loadSettings(sources);
    onChange(garden.settings);
  };
  return async () => {
    const current = await fileVersion(sources.settingsFile);
    if (current !== seen) {
      seen = current;
      reading = read().finally(() => {
        reading = null;
      });
    }
    await reading;
  };
}

/**
 * The settings in force now, also when another process has changed them. A file that cannot be used
 * changes nothing; the log says so.
 */
export async function currentSettings(
  garden: Pick<Garden, 'settings' | 'rereadSettings' | 'log'>,
): Promise<Settings> {
  try {
    await garden.rereadSettings();
  } catch (error) {
    garden.log.warn({ err: error }, 'settings.json cannot be used; the settings before it hold');
  }
  return garden.settings;
}
