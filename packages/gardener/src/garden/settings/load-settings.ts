import { z } from 'zod';
import { GardenerError } from '../errors/garden-error.js';
import { readJsonIfPresent } from '../files/json-state.js';
import {
  environmentName,
  isSettingKey,
  KEY_OF_ADDRESS,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsSchema,
} from './settings.js';

/** Where `loadSettings` reads. */
export interface SettingsSources {
  /** What the command line gave; `undefined` values count as not given. */
  flags?: { [K in SettingKey]?: Settings[K] | undefined };
  /** Defaults to `process.env`. */
  environment?: Record<string, string | undefined>;
  settingsFile: string;
}

/**
 * The settings in force: flag > CODEBASE_GARDENER_<KEY> > settings.json > default, each key on its own.
 * An empty environment variable counts as not set.
 *
 * @throws GardenerError `garden.bad-setting` naming the source and the key; `garden.damaged-file` for a
 * settings.json that is no JSON object
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  const file = (await readJsonIfPresent(sources.settingsFile, z.record(z.string(), z.unknown()))) ?? {};
  for (const key of Object.keys(file)) if (!isSettingKey(key)) throw unknownKey(key, sources.settingsFile);
  const environment = sources.environment ?? process.env;
  const chosen: Record<string, unknown> = {};
  for (const key of settingKeys()) {
    const text = environment[environmentName(key)];
    const flag = sources.flags?.[key];
    if (flag !== undefined) chosen[key] = checkSetting(key, [flag], `the option for ${key}`);
    else if (text) chosen[key] = checkSetting(key, readings(text), environmentName(key));
    else if (file[key] !== undefined)
      chosen[key] = checkSetting(key, [file[key]], `"${key}" in ${sources.settingsFile}`);
  }
  return settingsSchema.parse(chosen);
}

/** An environment variable is text; `16` may be the number or the word, `true` the truth or the word. */
export function readings(text: string): unknown[] {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return [trimmed === 'true', text];
  return /^[+-]?(\d|\.\d)/.test(trimmed) && Number.isFinite(Number(trimmed))
    ? [Number(trimmed), text]
    : [text];
}

/** What stands there may be a secret by mistake or by purpose: no error and no log repeats it. */
const UNTOLD: ReadonlySet<SettingKey> = new Set(['allowedSecrets', ...Object.values(KEY_OF_ADDRESS)]);

/**
 * A value for a setting, checked.
 * @param candidates what it may mean; the first that fits is taken
 * @param source where it comes from, for the error
 * @throws GardenerError `garden.bad-setting`
 */
export function checkSetting(key: SettingKey, candidates: readonly unknown[], source: string): unknown {
  const field = settingsSchema.shape[key];
  const results = candidates.map((candidate) => field.safeParse(candidate));
  const good = results.find((result) => result.success);
  if (good) return good.data;
  const reason = results[0]?.error?.issues[0]?.message ?? 'it does not fit';
  const isTold = !UNTOLD.has(key);
  throw new GardenerError(
    'garden.bad-setting',
    `${source} cannot be ${isTold ? JSON.stringify(candidates[0]) : 'what it is'}: ${reason.replace(/\.$/, '')}.`,
    {
      remedy: `Set it to what it stands for (${field.description?.replace(/\.$/, '')}), or remove it.`,
      details: { key, source, ...(isTold && { value: candidates[0] }) },
    },
  );
}

function unknownKey(key: string, file: string): GardenerError {
  return new GardenerError(
    'garden.bad-setting',
    `There is no setting ${JSON.stringify(key)}, but ${file} has it.`,
    {
      remedy: `Remove it, or use one of: ${settingKeys().join(', ')}.`,
      details: { key, source: file },
    },
  );
}
