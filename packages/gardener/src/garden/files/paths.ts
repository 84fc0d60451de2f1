import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { GardenerError } from '../errors/garden-error.js';

const SAFE_SEGMENT = /^(?!\.)[A-Za-z0-9._-]{1,128}$/;

/**
 * The data directory, absolute: `flag` (`--data-dir`) > CODEBASE_GARDENER_DATA_DIR > ~/.codebase-gardener.
 * A leading `~/` is the home directory, also where no shell has expanded it.
 */
export function dataDirectory(flag?: string): string {
  const chosen = flag || process.env.CODEBASE_GARDENER_DATA_DIR;
  if (!chosen) return join(homedir(), '.codebase-gardener');
  if (chosen === '~' || chosen.startsWith('~/')) return join(homedir(), chosen.slice(1));
  return resolve(chosen);
}

/**
 * Where everything lies in a data directory. Pure: touches no file.
 * Ids become path segments, so each method throws `garden.bad-identifier` for one that could leave its folder.
 */
export class GardenPaths {
  /** Absolute. */
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  get settingsFile(): string {
    return join(this.root, 'settings.json');
  }

  /** Holds the schema version of the data directory. */
  get versionFile(): string {
    return join(this.root, 'data_directory.json');
  }

  get activeProjectFile(): string {
    return join(this.root, 'active_project.json');
  }

  get baseModels(): string {
    return join(this.root, 'base_models');
  }

  baseModel(id: string): string {
    return join(this.baseModels, segment(id));
  }

  get projects(): string {
    return join(this.root, 'projects');
  }

  project(id: string): string {
    return join(this.projects, segment(id));
  }

  projectFile(id: string): string {
    return join(this.project(id), 'project.json');
  }

  index(id: string): string {
    return join(this.project(id), 'index');
  }

  adapters(id: string): string {
    return join(this.project(id), 'adapters');
  }

  adapter(id: string, version: number): string {
    return join(this.adapters(id), segment(String(version)));
  }

  /** The folder of a project's runs, of both kinds (index and train). */
  training(id: string): string {
    return join(this.project(id), 'training');
  }

  run(id: string, runId: string): string {
    return join(this.training(id), segment(runId));
  }

  conversations(id: string): string {
    return join(this.project(id), 'conversations');
  }

  /** What can be computed again; whole files may go at any time. */
  get cache(): string {
    return join(this.root, 'cache');
  }

  /** Embeddings by hash of their text, of all projects. */
  get embeddingCache(): string {
    return join(this.cache, 'embeddings');
  }

  /** Base models in a spelling that this machine computes faster. */
  get modelCopies(): string {
    return join(this.cache, 'models');
  }

  /** The Python environment of an engine. */
  engine(name: string): string {
    return join(this.root, 'engines', segment(name));
  }

  get logs(): string {
    return join(this.root, 'logs');
  }

  get locks(): string {
    return join(this.root, 'locks');
  }

  /** What to pass to `withLock`; the lock itself is a folder beside it, ending in `.lock`. */
  lockFile(name: string): string {
    return join(this.locks, segment(name));
  }
}

function segment(text: string): string {
  if (SAFE_SEGMENT.test(text)) return text;
  throw new GardenerError(
    'garden.bad-identifier',
    `${JSON.stringify(text)} cannot be used as an identifier.`,
    {
      remedy: 'Use letters, digits, dots, dashes and underscores; the first one must not be a dot.',
    },
  );
}
