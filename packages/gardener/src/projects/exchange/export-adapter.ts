import { constants } from 'node:fs';
import { copyFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BaseModel, LoraAdapter } from '@codebase-gardener/lora';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { isThere } from '../../garden/files/file-version.js';
import { makeFolder } from '../../garden/files/make-folder.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { baseOfAdapter } from '../../training/adapters/adapter-base.js';
import { readAdapterManifest, writeAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import {
  adapterProblems,
  adapterStrength,
  GGUF_FILE,
  loadAdapter,
  PEFT_FILES,
} from '../../training/adapters/adapter-store.js';
import { openBase } from '../../training/adapters/open-base.js';
import {
  areTheSame,
  type SameChoices,
  sameChoices,
} from '../../training/evaluation/statistics/same-choices.js';
import { givenOrPromotedAdapter } from '../which-adapter.js';
import type { ExportFormat, MergedWeights } from './export-formats.js';
import { ollamaModelfile } from './ollama-modelfile.js';

const MERGED_FILE = 'merged.gguf';
const MODELFILE = 'Modelfile';
const MANIFEST = 'manifest.json';
/** What rounding merged weights may cost, as a share of the loss, and over how many places that is measured. */
const MOST_LOST = 0.01;
const QUANTISED_POSITIONS = 1_000;
const QUANTISED_TEXT_TOKENS = 129;
/** As `gardener ask` has it. */
const OLLAMA_CONTEXT_TOKENS = 4_096;

const FILES: Readonly<Record<ExportFormat, readonly string[]>> = {
  peft: [...PEFT_FILES, MANIFEST],
  gguf: [GGUF_FILE],
  mlx: ['adapter_config.json', 'adapters.safetensors'],
  merged: [MERGED_FILE],
  ollama: [MERGED_FILE, MODELFILE],
};

export interface ExportOptions {
  format: ExportFormat;
  /** The folder to write into; made when it is not there. */
  to: string;
  /** How a merged model stores the weights that were trained. Defaults to F16, which is nearest to the adapter. */
  type?: MergedWeights;
  /** Defaults to the promoted version, else the newest. */
  version?: number;
  signal?: AbortSignal;
  onProgress?: (label: string) => void;
}

export interface Exported {
  version: number;
  directory: string;
  files: string[];
  /** How near a merged model is to base and adapter; null for formats without one, which are equal bit for bit. */
  sameChoices: SameChoices | null;
}

/**
 * Writes an adapter for other programs at the strength its training chose, which its alpha tells them, reads it back
 * and compares it with the one that answers here. What cannot be
 * read back as it was is removed again.
 * @throws GardenerError `training.no-such-adapter`, `training.damaged-adapter`, `training.export-exists`,
 *   `training.export-differs`, `training.export-loses`, `training.model-missing`, `garden.*`; LoraError `adapter.*`,
 * `weights.*`
 */
export async function exportAdapter(
  garden: Garden,
  project: ProjectRecord,
  options: ExportOptions,
): Promise<Exported> {
  const version = await givenOrPromotedAdapter(garden.paths, project, options.version);
  const source = garden.paths.adapter(project.id, version);
  await refuseDamaged(source, project, version);
  const directory = resolve(options.to);
  const files = FILES[options.format].map((name) => join(directory, name));
  const isNew = await prepareFolder(directory, files);
  await using base = await openBase(garden.paths, await baseOfAdapter(garden.paths, project, version));
  try {
    const strength = await adapterStrength(source);
    const adapter = await loadAdapter(source, base, strength);
    const writing = { strength, source, directory, base, adapter, project, version, garden, options };
    const compared = await WRITERS[options.format](writing);
    return { version, directory, files, sameChoices: compared };
  } catch (error) {
    for (const file of files) await rm(file, { force: true }).catch(() => undefined);
    if (isNew) await rmdir(directory).catch(() => undefined);
    throw error;
  }
}

interface Writing {
  strength: number;
  source: string;
  directory: string;
  base: BaseModel;
  adapter: LoraAdapter;
  project: ProjectRecord;
  version: number;
  garden: Garden;
  options: ExportOptions;
}

/** How each format is written and compared. */
const WRITERS: Readonly<Record<ExportFormat, (writing: Writing) => Promise<SameChoices | null>>> = {
  async peft({ strength, source, directory, base, adapter }) {
    const { readPeftAdapter, writePeftAdapter } = await import('@codebase-gardener/lora');
    // PEFT passes it over; an import compares the base by it.
    const { files: _, schemaVersion: __, ...content } = await readAdapterManifest(source);
    if (strength === 1) for (const name of PEFT_FILES) await copy(join(source, name), join(directory, name));
    else await writePeftAdapter(directory, adapter, base.config, { baseModelName: content.base.name });
    await writeAdapterManifest(directory, { ...content, strength: 1 }, PEFT_FILES);
    requireEqual(await readPeftAdapter(directory, base.config), adapter, directory);
    return null;
  },
  async gguf(writing) {
    await writeGguf(writing);
    return null;
  },
  async mlx({ directory, base, adapter }) {
    const { readMlxAdapter, writeMlxAdapter } = await import('@codebase-gardener/lora');
    await writeMlxAdapter(directory, adapter, base.config);
    requireEqual(await readMlxAdapter(directory, base.config), adapter, directory);
    return null;
  },
  merged: writeMerged,
  async ollama(writing) {
    const { directory, base, project, version } = writing;
    const compared = await writeMerged(writing);
    const text = ollamaModelfile({
      projectName: project.name,
      version,
      modelFile: MERGED_FILE,
      contextTokens: Math.min(OLLAMA_CONTEXT_TOKENS, base.config.contextLength),
      chatTemplate: base.chatTemplate,
    });
    const file = join(directory, MODELFILE);
    await writeFile(file, text).catch((error: unknown) => {
      throw asFilesystemError(error, file, 'write');
    });
    return compared;
  },
};

/**
 * Base and adapter in one file, which llama.cpp must find to be the same.
 * @throws GardenerError `training.export-differs`, `training.export-loses`
 */
async function writeMerged({
  strength,
  source,
  directory,
  base,
  adapter,
  garden,
  options,
}: Writing): Promise<SameChoices> {
  const { writeMergedModel } = await import('@codebase-gardener/lora');
  const file = join(directory, MERGED_FILE);
  options.onProgress?.('merging the weights');
  const { type = 'F16', signal } = options;
  await writeMergedModel(file, base, adapter, { type, signal });
  options.onProgress?.('comparing the merged model with base and adapter');
  const compared = await sameChoices(base, join(source, GGUF_FILE), file, {
    strength,
    threads: garden.settings.threads,
    ...(signal && { signal }),
    ...(type !== 'F16' && { positions: QUANTISED_POSITIONS, textTokens: QUANTISED_TEXT_TOKENS }),
  });
  if (!areTheSame(compared)) throw differs(file, compared);
  if (type !== 'F16' && compared.lossDifference > MOST_LOST * compared.loss)
    throw losesTooMuch(type, compared);
  return compared;
}

async function writeGguf({ strength, source, directory, base, adapter }: Writing): Promise<void> {
  const { readGgufAdapter, scaleGgufAdapter } = await import('@codebase-gardener/lora');
  const file = join(directory, GGUF_FILE);
  if (strength === 1) await copy(join(source, GGUF_FILE), file);
  else await scaleGgufAdapter(join(source, GGUF_FILE), file, strength);
  requireEqual(await readGgufAdapter(file, base.config), adapter, file);
}

/** Both formats hold float32, so what comes back is the same bit for bit. */
function requireEqual(read: LoraAdapter, adapter: LoraAdapter, file: string): void {
  const text = ({ config: { rank, alpha, targetModules } }: LoraAdapter) =>
    // A GGUF holds alpha in 32 bits; that of rank-stabilised LoRA need not be a round number.
    JSON.stringify([rank, Math.fround(alpha), targetModules]);
  const isEqual =
    text(read) === text(adapter) &&
    adapter.blocks.every((block, n) =>
      adapter.config.targetModules.every((module) => {
        const [one, other] = [block[module], read.blocks[n]?.[module]];
        if (one === undefined || other === undefined) return one === other;
        return equalBytes(one.a, other.a) && equalBytes(one.b, other.b);
      }),
    );
  if (!isEqual) throw differs(file);
}

function equalBytes(one: Float32Array, other: Float32Array): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    Buffer.from(buffer, byteOffset, byteLength);
  return bytes(one).equals(bytes(other));
}

/**
 * An adapter whose files are not those that were written is given to nobody.
 * @throws GardenerError `training.damaged-adapter`
 */
export async function refuseDamaged(
  directory: string,
  { name }: ProjectRecord,
  version: number,
): Promise<void> {
  const problems = await adapterProblems(directory);
  if (problems.length === 0) return;
  throw new GardenerError(
    'training.damaged-adapter',
    `Adapter ${version} of ${name} is damaged: ${problems.join(' ')}`,
    { remedy: `Train again (gardener train ${name}), or export another version.`, details: { problems } },
  );
}

/** @returns whether the folder was made for this */
async function prepareFolder(directory: string, files: readonly string[]): Promise<boolean> {
  const isNew = !(await isThere(directory));
  try {
    await makeFolder(directory);
  } catch (error) {
    throw asFilesystemError(error, directory, 'write');
  }
  for (const file of files) {
    if (!(await isThere(file))) continue;
    throw new GardenerError('training.export-exists', `${file} is already there.`, {
      remedy: 'Give another folder with --to, or remove the file first.',
      details: { file },
    });
  }
  return isNew;
}

async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch((error: unknown) => {
    throw asFilesystemError(error, from, 'copy');
  });
}

function losesTooMuch(type: MergedWeights, { loss, lossDifference }: SameChoices): GardenerError {
  const percent = ((100 * lossDifference) / loss).toFixed(1);
  return new GardenerError(
    'training.export-loses',
    `Stored as ${type === 'base' ? 'the base has them' : type}, the merged weights lose ${percent} % (more than 1 %): the adapter is rounded away.`,
    { remedy: 'Store them as F16 (--type F16), or give the adapter beside its base (--format gguf).' },
  );
}

function differs(file: string, compared?: SameChoices): GardenerError {
  const how = compared
    ? ` It chose the same token at ${compared.same} of ${compared.positions} places, and its loss is ${compared.lossDifference.toFixed(3)} off.`
    : '';
  return new GardenerError(
    'training.export-differs',
    `What was written to ${file} is not the adapter that answers here; it was removed.${how}`,
    { remedy: 'Check the disk (gardener doctor --full), then export again.', details: { file } },
  );
}
