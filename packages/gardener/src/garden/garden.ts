import { constants } from 'node:fs';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Logger } from 'pino';
import { asFilesystemError, systemErrorCode } from './errors/filesystem-error.js';
import { GardenerError } from './errors/garden-error.js';
import { fileVersion } from './files/file-version.js';
import { makeFolder } from './files/make-folder.js';
import { dataDirectory, GardenPaths } from './files/paths.js';
import { ensureSchemaVersion } from './files/schema-version.js';
import { levelOf, openLog } from './log.js';
import { Registry } from './registry.js';
import { type FollowedSettings, followSettings } from './settings/follow-settings.js';
import { loadSettings } from './settings/load-settings.js';
import type { Settings } from './settings/settings.js';

/**
 * An open data directory. Nothing to close. `settings` are as they were read last; a process that lives long asks
 * `currentSettings`.
 */
export interface Garden extends FollowedSettings {
  paths: GardenPaths;
  registry: Registry;
  log: Logger;
  /** True of a data directory that may only be read: nothing in it can be changed. */
  isReadOnly: boolean;
}

/** What the command line gave. */
export interface OpenGardenOptions {
  /** `--data-dir`. See `dataDirectory`. */
  dataDir?: string | undefined;
  /** Settings given as flags; `undefined` values count as not given. */
  settings?: { [K in keyof Settings]?: Settings[K] | undefined };
  /** Also log to stderr. Defaults to false. */
  verbose?: boolean | undefined;
}

/**
 * Opens the data directory: makes its folders, checks its schema version, reads the settings, opens the log. One that
 * may only be read is opened too; whatever would change it then fails with `garden.permission-denied`.
 *
 * @throws GardenerError `garden.data-directory-read-only`, `garden.data-directory-unusable`, `garden.disk-full`,
 * `garden.schema-newer`, `garden.schema-too-old`, `garden.bad-setting`, `garden.damaged-file`
 */
export async function openGarden(options: OpenGardenOptions = {}): Promise<Garden> {
  const paths = new GardenPaths(dataDirectory(options.dataDir));
  const isReadOnly = !(await makeFolders(paths));
  await ensureSchemaVersion(paths);
  const verbose = options.verbose ?? false;
  const sources = { flags: options.settings ?? {}, settingsFile: paths.settingsFile };
  const version = await fileVersion(paths.settingsFile);
  const settings = await loadSettings(sources);
  const log = await openLog(paths, { level: settings.logLevel, verbose });
  const followed = followSettings(settings, sources, version, ({ logLevel }) => {
    log.level = levelOf(logLevel, verbose);
  });
  return Object.assign(followed, { paths, registry: new Registry(paths), log, isReadOnly });
}

/**
 * Makes what is missing. False for a data directory that is there and may only be read: another user's, or one on a
 * file system that is mounted so.
 */
async function makeFolders(paths: GardenPaths): Promise<boolean> {
  try {
    // Conversations and indexed code are the user's own: nobody else on the machine may read them.
    await makeFolder(paths.root, 0o700);
    await keepOutOfCodebases(paths.root);
    for (const folder of [paths.baseModels, paths.projects, paths.logs, paths.locks]) {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    }
    await access(paths.root, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const mayNotWrite = ['EACCES', 'EPERM', 'EROFS'].includes(systemErrorCode(error) ?? '');
    if (mayNotWrite && (await isReadable(paths))) return false;
    throw unusable(error, paths.root);
  }
}

async function isReadable({ versionFile, projects }: GardenPaths): Promise<boolean> {
  return Promise.all([
    access(versionFile, constants.R_OK),
    access(projects, constants.R_OK | constants.X_OK),
  ]).then(
    () => true,
    () => false,
  );
}

/**
 * A data directory inside a codebase is no part of it: not for git, and so not for us. Done only in a folder that held
 * nothing: a codebase that was named by mistake must not be hidden from git.
 */
async function keepOutOfCodebases(root: string): Promise<void> {
  if ((await readdir(root)).length > 0) return;
  try {
    await writeFile(join(root, '.gitignore'), '# Made by Codebase Gardener.\n*\n', { flag: 'wx' });
  } catch (error) {
    // Another command that began at the same instant has made it.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

function unusable(error: unknown, root: string): GardenerError {
  const code = systemErrorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new GardenerError(
      'garden.data-directory-read-only',
      `The data directory ${root} cannot be written to.`,
      {
        remedy:
          'Give your user permission to write there, or choose another place with CODEBASE_GARDENER_DATA_DIR.',
        cause: error,
      },
    );
  }
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'ENOENT') {
    const { path = root } = error as NodeJS.ErrnoException;
    const isRoot = !path.startsWith(join(root, sep));
    return new GardenerError(
      'garden.data-directory-unusable',
      isRoot ? `${root} cannot be used as the data directory.` : `${path} is not a folder.`,
      {
        remedy: isRoot
          ? 'A file stands in its place, or no folder can be made there: choose another place with CODEBASE_GARDENER_DATA_DIR.'
          : 'A file stands in its place, or a link that leads nowhere: take it away, or make the folder that the link names.',
        details: { systemCode: code },
        cause: error,
      },
    );
  }
  return asFilesystemError(error, root, 'write');
}
