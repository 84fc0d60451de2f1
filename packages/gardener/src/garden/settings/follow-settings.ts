import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { fileVersion } from '../files/file-version.js';
import { loadSettings, type SettingsSources } from './load-settings.js';
import type { Settings } from './settings.js';

/** Settings as they were read last, which another process may have changed since. */
export interface FollowedSettings {
  settings: Settings;
  /**
   * Reads `settings` again when settings.json has been written since.
   * @throws GardenerError `garden.bad-setting`, `garden.damaged-file`; they stay as they were then
   */
  rereadSettings(): Promise<void>;
}

/**
 * Settings that are read again whenever settings.json has been written since.
 * @param settings as they were read first
 * @param version of the file that they were read from
 * @param onChange told after each reading
 * @returns with a `rereadSettings` that throws once for each writing that cannot be used
 */
export function followSettings(
  settings: Settings,
  sources: SettingsSources,
  version: string | null,
  onChange: (settings: Settings) => void,
): FollowedSettings {
  let seen = version;
  let reading: Promise<void> | null = null;
  const followed: FollowedSettings = {
    settings,
    rereadSettings: async () => {
      const current = await fileVersion(sources.settingsFile);
      if (current !== seen) {
        seen = current;
        reading = read().finally(() => {
          reading = null;
        });
      }
      await reading;
    },
  };
  const read = async () => {
    const text = await readFile(sources.settingsFile, 'utf8').catch(() => '{}');
    // An editor may be in the middle of writing it: not yet a damaged file.
    JSON.parse(text);
    followed.settings = await loadSettings(sources);
    onChange(followed.settings);
  };
  return followed;
}

/**
 * The settings in force now, also when another process has changed them. A file that cannot be used
 * changes nothing; the log says so.
 */
export async function currentSettings(followed: FollowedSettings & { log: Logger }): Promise<Settings> {
  try {
    await followed.rereadSettings();
  } catch (error) {
    followed.log.warn({ err: error }, 'settings.json cannot be used; the settings before it hold');
  }
  return followed.settings;
}

/** Of the settings in force now, those that say how the files of a codebase are read. */
export async function readingSettings(
  followed: FollowedSettings & { log: Logger },
): Promise<Pick<Settings, 'maxFileBytes' | 'allowedSecrets'>> {
  const { maxFileBytes, allowedSecrets } = await currentSettings(followed);
  return { maxFileBytes, allowedSecrets };
}
