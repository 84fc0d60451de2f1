import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';

/** A model that another program keeps on this machine; used where it lies. */
export interface StoredModel {
  /** `ollama:name:tag`, or `lmstudio:publisher/repository/file.gguf`. */
  id: string;
  /** Its GGUF. */
  path: string;
  bytes: number;
}

const OLLAMA = 'ollama:';
const LM_STUDIO = 'lmstudio:';
/** Names that are not written out: the registry and namespace that `ollama pull` takes by itself. */
const OLLAMA_DEFAULTS = ['registry.ollama.ai', 'library'] as const;
const WEIGHTS_LAYER = 'application/vnd.ollama.image.model';
const MAX_MANIFEST_BYTES = 1 << 20; // a manifest has about 1 kB
/** Manifests lie at registry/namespace/model/tag, LM Studio's files at publisher/repository/file. */
const MAX_DEPTH = 4;
const MAX_MODELS = 1_000;
/** Beside a model that sees, the file for its pictures. */
const PICTURE_PART = /mmproj/i;

/** Whether an id names a model of Ollama's or LM Studio's store. */
export function isStoredModel(id: string): boolean {
  return id.startsWith(OLLAMA) || id.startsWith(LM_STUDIO);
}

/**
 * The model of another program's store by its id; Ollama's may be named as in `ollama run`, without `:latest`.
 * @throws GardenerError `models.missing-file`
 */
export function findStoredModel(id: string): StoredModel {
  const wanted = id.startsWith(OLLAMA) && !id.slice(OLLAMA.length).includes(':') ? `${id}:latest` : id;
  const found = storedModels().find((model) => model.id === wanted);
  if (found !== undefined) return found;
  throw new GardenerError('models.missing-file', `${JSON.stringify(id)} is not on this machine.`, {
    remedy: 'See what is there: gardener models list --local.',
    details: { id },
  });
}

/**
 * The models that Ollama (OLLAMA_MODELS, ~/.ollama/models, or its service's folder) and LM Studio (~/.lmstudio/models)
 * have on disk. What cannot be read is passed over.
 */
export function storedModels(): StoredModel[] {
  return [...ollamaFolders().flatMap(ollamaModels), ...lmStudioModels()];
}

function ollamaFolders(): string[] {
  const chosen = process.env.OLLAMA_MODELS;
  if (chosen) return [chosen];
  return [join(homedir(), '.ollama', 'models'), '/usr/share/ollama/.ollama/models'];
}

function ollamaModels(folder: string): StoredModel[] {
  const manifests = join(folder, 'manifests');
  return filesBelow(manifests).flatMap((file) => {
    const digest = weightsDigest(file);
    if (digest === null) return [];
    const path = join(folder, 'blobs', digest.replace(':', '-'));
    const [registry, namespace, model, tag] = relative(manifests, file).split(sep);
    if (registry === undefined || namespace === undefined || model === undefined || tag === undefined)
      return [];
    const [usualRegistry, usualNamespace] = OLLAMA_DEFAULTS;
    const before =
      registry !== usualRegistry ? [registry, namespace] : namespace !== usualNamespace ? [namespace] : [];
    return stored(`${OLLAMA}${[...before, model].join('/')}:${tag}`, path);
  });
}

/** The digest of the layer that is the GGUF: `sha256:<hex>`. */
function weightsDigest(file: string): string | null {
  try {
    const facts = statSync(file);
    if (!facts.isFile() || facts.size > MAX_MANIFEST_BYTES) return null;
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const layers = (manifest as { layers?: { mediaType?: unknown; digest?: unknown }[] } | null)?.layers;
    const digest = Array.isArray(layers)
      ? layers.find((layer) => layer?.mediaType === WEIGHTS_LAYER)?.digest
      : undefined;
    return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : null;
  } catch {
    // No manifest, or one that is being written: Ollama's own matter.
    return null;
  }
}

function lmStudioModels(): StoredModel[] {
  const folder = join(homedir(), '.lmstudio', 'models');
  return filesBelow(folder)
    .filter((file) => file.toLowerCase().endsWith('.gguf') && !PICTURE_PART.test(file))
    .flatMap((file) => stored(`${LM_STUDIO}${relative(folder, file).split(sep).join('/')}`, file));
}

function stored(id: string, path: string): StoredModel[] {
  try {
    const facts = statSync(path);
    return facts.isFile() ? [{ id, path, bytes: facts.size }] : [];
  } catch {
    // A manifest whose weights are not there (yet).
    return [];
  }
}

/** Regular files and links to such below a folder, at most `MAX_MODELS`, in the order of their names. */
function filesBelow(folder: string, depth = 1): string[] {
  if (!existsSync(folder)) return [];
  const files: string[] = [];
  for (const entry of entriesOf(folder)) {
    if (files.length >= MAX_MODELS) break;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < MAX_DEPTH) files.push(...filesBelow(path, depth + 1));
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
  }
  return files.slice(0, MAX_MODELS);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // Another user's folder, as that of Ollama's service may be.
    return [];
  }
}
