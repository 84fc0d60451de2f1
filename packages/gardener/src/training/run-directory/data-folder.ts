import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupervisedExample } from '@codebase-gardener/lora';
import { z } from 'zod';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readJson } from '../../garden/files/json-state.js';
import { type DataManifest, dataManifestSchema } from '../data/data-manifest.js';
import { decodeExamples, encodeExamples } from '../data/example-file.js';
import { hashExamples } from '../data/examples.js';
import type { HeldOutFile } from '../data/held-out.js';
import type { RunData } from '../data/run-data.js';

/**
 * What lies in a run's data/: the examples of each side, which of them belong to which held-out file, questions,
 * manifest.
 */
const FILES = {
  train: 'train.bin',
  validation: 'validation.bin',
  heldOut: 'held-out.bin',
  heldOutFiles: 'held-out.json',
  questions: 'questions.json',
  manifest: 'manifest.json',
} as const;

const count = z.number().int().nonnegative();
const heldOutFilesSchema = z.array(
  z.object({
    path: z.string(),
    /** How many of the held-out examples, in order, are of this file. */
    examples: count,
    before: z.array(z.string()),
    lines: z.array(z.object({ example: count, start: count, end: count })),
  }),
);
const questionsSchema = z.array(z.string()).max(1000);

/** Writes a run's data into an empty folder. @throws what writing a file throws */
export async function writeDataFolder(folder: string, data: RunData): Promise<void> {
  const write = (name: string, content: string | Buffer) => writeFile(join(folder, name), content);
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const heldOutFiles = data.heldOut.map((file) => ({ ...file, examples: file.examples.length }));
  await write(FILES.train, encodeExamples(data.train));
  await write(FILES.validation, encodeExamples(data.validation));
  await write(FILES.heldOut, encodeExamples(data.heldOut.flatMap(({ examples }) => examples)));
  await write(FILES.heldOutFiles, json(heldOutFiles));
  await write(FILES.questions, json(data.questions));
  await write(FILES.manifest, json(data.manifest));
}

/**
 * Reads a run's data back and checks it against its hash.
 * @param vocabularySize of the base model: token ids must lie below it
 * @throws GardenerError `training.damaged-data`, `garden.damaged-file`, `garden.file-missing`
 */
export async function readDataFolder(folder: string, vocabularySize: number): Promise<RunData> {
  const examples = async (name: string): Promise<SupervisedExample[]> => {
    const file = join(folder, name);
    const bytes = await readFile(file).catch((error: unknown) => {
      throw asFilesystemError(error, file, 'read');
    });
    return decodeExamples(bytes, file, vocabularySize);
  };
  const manifest = await readDataManifest(folder);
  const train = await examples(FILES.train);
  const validation = await examples(FILES.validation);
  const scored = await examples(FILES.heldOut);
  if (hashExamples([train, validation, scored]) !== manifest.hash) {
    throw damaged(`The training data in ${folder} has been changed.`);
  }
  const files = await readJson(join(folder, FILES.heldOutFiles), heldOutFilesSchema);
  const questions = await readJson(join(folder, FILES.questions), questionsSchema);
  return { train, validation, heldOut: byFile(files, scored), manifest, questions };
}

/** The manifest alone. @throws GardenerError `garden.damaged-file`, `garden.file-missing` */
export async function readDataManifest(folder: string): Promise<DataManifest> {
  return readJson(join(folder, FILES.manifest), dataManifestSchema);
}

function byFile(
  files: z.infer<typeof heldOutFilesSchema>,
  scored: readonly SupervisedExample[],
): HeldOutFile[] {
  let next = 0;
  return files.map(({ path, examples: size, before, lines }) => {
    const examples = scored.slice(next, next + size);
    next += size;
    const fits = lines.every(({ example, start, end }) => {
      const length = examples[example]?.tokens.length ?? 0;
      return start > 0 && start < end && end <= length;
    });
    if (examples.length !== size || before.length !== size || !fits) {
      throw damaged(`The held-out data of ${path} is damaged.`);
    }
    return { path, examples, before, lines };
  });
}

function damaged(message: string): GardenerError {
  return new GardenerError('training.damaged-data', message, {
    remedy: 'Run `gardener train <project>` again: it makes the data anew.',
  });
}
