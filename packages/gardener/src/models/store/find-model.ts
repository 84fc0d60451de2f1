import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { type CatalogueEntry, listModels } from './catalogue.js';
import { findStoredModel, isStoredModel } from './foreign-stores.js';
import { splitParts } from './split-parts.js';

const HUB_PREFIX = 'hf:';
const HUB_SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;

/**
 * Whether `id` names a model beside the catalogue: a GGUF file on disk (`./x.gguf`), one of the hub
 * (`hf:owner/repository/file.gguf`), or one that Ollama or LM Studio keeps (`ollama:name:tag`, `lmstudio:path`).
 */
export function isOwnModel(id: string): boolean {
  if (id.startsWith(HUB_PREFIX) || isStoredModel(id)) return true;
  return id.toLowerCase().endsWith('.gguf') || isAbsolute(id) || id.startsWith('./') || id.startsWith('../');
}

/**
 * Finds a model by its id in the catalogue (in any case of letters), or by one of the forms of `isOwnModel`.
 * @throws GardenerError `models.unknown-model`; `models.missing-file` when a path is given and nothing is there,
 * or when Ollama or LM Studio has no such model. Any part of a split model stands for all of it.
 */
export function findModel(id: string): CatalogueEntry {
  const known = listModels().find((entry) => entry.id === id.toLowerCase());
  if (known !== undefined) return known;
  if (id.startsWith(HUB_PREFIX)) return entryOfHub(id);
  if (isStoredModel(id)) {
    const { id: fullId, path } = findStoredModel(id);
    return entryOfFile(fullId, path);
  }
  if (isOwnModel(id)) {
    const path = splitParts(resolve(id))?.[0] ?? resolve(id);
    return entryOfFile(path, existing(path));
  }
  throw new GardenerError('models.unknown-model', `There is no model called "${id}".`, {
    remedy: `Choose one of ${listModels()
      .map((entry) => entry.id)
      .join(', ')}, or give the path of a GGUF file or hf:owner/repository/file.gguf.`,
    details: { id, known: listModels().map((entry) => entry.id) },
  });
}

/** Name of a model's folder in base_models/: its id where that is of the catalogue, else made of it. */
export function modelFolder({ id }: CatalogueEntry): string {
  if (listModels().some((entry) => entry.id === id)) return id;
  const readable = basename(id).replaceAll(/[^A-Za-z0-9_-]+/g, '-');
  return `own-${readable.slice(0, 80)}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new GardenerError('models.missing-file', `There is no model file at ${path}.`, {
    remedy: 'Check the path, or choose a model from `gardener models list`.',
    details: { path },
  });
}

function entryOfFile(id: string, path: string): CatalogueEntry {
  return {
    id,
    kind: 'base',
    description: 'a GGUF file of your own',
    licence: null,
    trainable: null,
    source: { type: 'file', path },
    files: filesAt(path),
  };
}

function entryOfHub(id: string): CatalogueEntry {
  const segments = id.slice(HUB_PREFIX.length).split('/');
  const [owner, repository, ...path] = segments;
  const file = path.at(-1);
  if (!file?.toLowerCase().endsWith('.gguf') || !segments.every((segment) => HUB_SEGMENT.test(segment))) {
    throw new GardenerError(
      'models.unknown-model',
      `${JSON.stringify(id)} does not name a file of the hub.`,
      {
        remedy:
          'Write it as hf:owner/repository/file.gguf, such as hf:Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/qwen2.5-coder-0.5b-instruct-q8_0.gguf.',
        details: { id },
      },
    );
  }
  const files = filesAt(path.join('/'));
  return {
    // Any part stands for the whole model, whose name is that of its first part.
    id: `${HUB_PREFIX}${owner}/${repository}/${files[0].sourcePath}`,
    kind: 'base',
    description: 'a GGUF file of the model hub',
    licence: null,
    trainable: null,
    source: { type: 'hub', repository: `${owner}/${repository}`, revision: 'main' },
    files,
  };
}

/** The file at a path, or all parts of the split model that it is one of; nothing is known of them yet. */
function filesAt(path: string): CatalogueEntry['files'] {
  const [first = path, ...rest] = splitParts(path) ?? [path];
  const file = (sourcePath: string) => ({
    name: basename(sourcePath),
    sourcePath,
    bytes: null,
    sha256: null,
  });
  return [file(first), ...rest.map(file)];
}
