import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '@codebase-gardener/lora';
import { z } from 'zod';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readJson } from '../../garden/files/json-state.js';
import { decodeExamples, encodeExamples } from '../data/example-file.js';
import { type DataManifest, type ExampleSet, hashExamples } from '../data/examples.js';
import type { HeldOutFile } from '../data/held-out.js';

const count = z.number().int().nonnegative();
const sideSchema = z.object({
  files: z.array(z.string()),
  examples: count,
  tokens: count,
  supervisedTokens: count,
});

/** data/manifest.json. */
export const dataManifestSchema: z.ZodType<DataManifest> = z.object({
  schemaVersion: z.literal(1),
  seed: z.number().int(),
  commit: z.string().nullable(),
  sequenceLength: z.number().int().positive(),
  train: sideSchema.extend({ codeWindows: count, instructionPairs: count }),
  validation: sideSchema,
  heldOut: sideSchema.extend({ lines: count }),
  dropped: z.array(z.object({ path: z.string(), reason: z.string() })),
  filters: z.object({
    filesLowQuality: count,
    chunksLowQuality: count,
    // Runs from before they were masked have none.
    secrets: count.default(0),
    chunksDuplicate: count,
    chunksLikeHeldOut: count,
    examplesDuplicate: count,
    pairsTooLong: count,
  }),
  // Runs from before this was written have none: everything counts as changed since.
  fileHashes: z.record(z.string(), z.string()).default({}),
  continuedFrom: count.nullable().default(null),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

const heldOutSchema = z.array(
  z.object({
    path: z.string(),
    examples: count,
    before: z.array(z.string()),
    lines: z.array(z.object({ example: count, start: count, end: count })),
  }),
);
const questionsSchema = z.array(z.string()).max(1000);

/** What a run trains and is scored on. Written once, then only read: a resumed run sees the same bytes. */
export interface RunData extends ExampleSet {
  /** Questions of the stopping check. */
  questions: string[];
}

/** The data folder of a run directory. */
export function runDataDirectory(runDirectory: string): string {
  return join(runDirectory, 'data');
}

/** Whether the run's data has been written. */
export async function hasRunData(runDirectory: string): Promise<boolean> {
  return stat(runDataDirectory(runDirectory)).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/**
 * Writes a run's data: to a folder beside it, renamed into place when whole. An existing one is kept.
 * @throws GardenerError `garden.disk-full`, `garden.permission-denied`
 */
export async function writeRunData(runDirectory: string, data: RunData): Promise<void> {
  if (await hasRunData(runDirectory)) return;
  const target = runDataDirectory(runDirectory);
  const forming = `${target}.forming-${process.pid}`;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const heldOut = data.heldOut.map(({ path, examples, before, lines }) => ({
    path,
    examples: examples.length,
    before,
    lines,
  }));
  try {
    await rm(forming, { recursive: true, force: true });
    await mkdir(forming, { recursive: true });
    await writeFile(join(forming, 'train.bin'), encodeExamples(data.train));
    await writeFile(join(forming, 'validation.bin'), encodeExamples(data.validation));
    const scored = data.heldOut.flatMap((file) => file.examples);
    await writeFile(join(forming, 'held-out.bin'), encodeExamples(scored));
    await writeFile(join(forming, 'held-out.json'), json(heldOut));
    await writeFile(join(forming, 'questions.json'), json(data.questions));
    await writeFile(join(forming, 'manifest.json'), json(data.manifest));
    await rename(forming, target);
  } catch (error) {
    await rm(forming, { recursive: true, force: true }).catch(() => undefined);
    throw asFilesystemError(error, target, 'write');
  }
}

/**
 * Reads a run's data back and checks it against its hash.
 * @throws GardenerError `training.damaged-data`, `garden.damaged-file`, `garden.file-missing`
 */
export async function readRunData(runDirectory: string, vocabularySize: number): Promise<RunData> {
  const directory = runDataDirectory(runDirectory);
  const examples = async (name: string): Promise<Example[]> => {
    const file = join(directory, name);
    const bytes = await readFile(file).catch((error: unknown) => {
      throw asFilesystemError(error, file, 'read');
    });
    return decodeExamples(bytes, file, vocabularySize);
  };
  const manifest = await readJson(join(directory, 'manifest.json'), dataManifestSchema);
  const [train, validation, scored] = [
    await examples('train.bin'),
    await examples('validation.bin'),
    await examples('held-out.bin'),
  ];
  if (hashExamples([train, validation, scored]) !== manifest.hash) {
    throw new GardenerError('training.damaged-data', `The training data in ${directory} has been changed.`, {
      remedy: 'Run `gardener train <project>` again: it makes the data anew.',
    });
  }
  const groups = await readJson(join(directory, 'held-out.json'), heldOutSchema);
  const questions = await readJson(join(directory, 'questions.json'), questionsSchema);
  return { train, validation, heldOut: regroup(groups, scored), manifest, questions };
}

/** The manifest alone, for `status` and for the adapter's own manifest. */
export async function readDataManifest(runDirectory: string): Promise<DataManifest> {
  return readJson(join(runDataDirectory(runDirectory), 'manifest.json'), dataManifestSchema);
}

function regroup(groups: z.infer<typeof heldOutSchema>, scored: readonly Example[]): HeldOutFile[] {
  let next = 0;
  return groups.map(({ path, examples: size, before, lines }) => {
    const examples = scored.slice(next, next + size);
    next += size;
    const fits = lines.every(({ example, start, end }) => {
      const length = examples[example]?.tokens.length ?? 0;
      return start > 0 && start < end && end <= length;
    });
    if (examples.length !== size || before.length !== size || !fits) {
      throw new GardenerError('training.damaged-data', `The held-out data of ${path} is damaged.`, {
        remedy: 'Run `gardener train <project>` again: it makes the data anew.',
      });
    }
    return { path, examples, before, lines };
  });
}
