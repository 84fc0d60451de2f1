import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupervisedExample } from '@codebase-gardener/lora';
import { z } from 'zod';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readJson, readJsonIfPresent } from '../../garden/files/json-state.js';
import { type DataManifest, dataManifestSchema } from '../data/data-manifest.js';
import { decodeExamples, encodeExamples } from '../data/example-file.js';
import { hashSides } from '../data/examples.js';
import { SCOPE_KINDS } from '../data/gaps/scopes.js';
import type { RunData } from '../data/run-data.js';
import type { HeldOutFile } from '../data/split/held-out.js';

/**
 * What lies in a run's data/: the examples of each side, which of them belong to which held-out file, questions,
 * manifest.
 */
const FILES = {
  train: 'train.bin',
  validation: 'validation.bin',
  heldOut: 'held-out.bin',
  /** Not there in runs from before gaps were scored. */
  heldOutGaps: 'held-out-gaps.bin',
  heldOutFiles: 'held-out.json',
  questions: 'questions.json',
  /** Not there in runs from before uses were measured. */
  uses: 'uses.json',
  manifest: 'manifest.json',
} as const;

const count = z.number().int().nonnegative();
const placeSchema = z.object({
  repository: z.string(),
  path: z.string(),
  files: z.array(z.object({ path: z.string(), text: z.string() })),
  comments: z.string(),
});
const heldOutFilesSchema = z.array(
  z.object({
    path: z.string(),
    /** How many of the held-out examples, in order, are of this file. */
    examples: count,
    before: z.array(z.string()),
    lines: z.array(z.object({ example: count, start: count, end: count })),
    /** What is told of each of the file's gaps, in the order of their rows. */
    gaps: z
      .array(
        z.object({
          kind: z.enum(SCOPE_KINDS),
          start: count,
          end: count,
          text: z.string(),
          gap: z.object({
            before: z.string(),
            after: z.string(),
            place: placeSchema,
          }),
        }),
      )
      .default([]),
  }),
);
const questionsSchema = z.array(z.string()).max(1000);
const completionQuestionSchema = z.object({ prompt: z.string(), suffix: z.string(), place: placeSchema });
const completionPlacesSchema = z
  .array(
    z.object({
      path: z.string(),
      kind: z.enum(SCOPE_KINDS),
      text: z.string(),
      retrieved: completionQuestionSchema,
      alone: completionQuestionSchema,
    }),
  )
  .max(1000);
const usesSchema = z.object({
  questions: z
    .array(
      z.object({
        kind: z.enum(['file', 'parameters', 'symbol']),
        messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
        expected: z.array(z.string()),
      }),
    )
    .max(1000),
  places: completionPlacesSchema,
  // Not there in runs from before it was chosen.
  validation: completionPlacesSchema.default([]),
});

/** Writes a run's data into an empty folder. @throws what writing a file throws */
export async function writeDataFolder(folder: string, data: RunData): Promise<void> {
  const write = (name: string, content: string | Buffer) => writeFile(join(folder, name), content);
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const heldOutFiles = data.heldOut.map(({ gaps, ...file }) => ({
    ...file,
    examples: file.examples.length,
    gaps: gaps.map(({ example: _row, ...told }) => told),
  }));
  const gapRows = data.heldOut.flatMap(({ gaps }) => gaps.map(({ example }) => example));
  await write(FILES.train, encodeExamples(data.train));
  await write(FILES.validation, encodeExamples(data.validation));
  await write(FILES.heldOut, encodeExamples(data.heldOut.flatMap(({ examples }) => examples)));
  await write(FILES.heldOutGaps, encodeExamples(gapRows));
  await write(FILES.heldOutFiles, json(heldOutFiles));
  await write(FILES.questions, json(data.questions));
  await write(FILES.uses, json(data.uses));
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
  const files = await readJson(join(folder, FILES.heldOutFiles), heldOutFilesSchema);
  const hasGaps = files.some(({ gaps }) => gaps.length > 0);
  const heldOut = byFile(files, scored, hasGaps ? await examples(FILES.heldOutGaps) : []);
  if (hashSides(train, validation, heldOut) !== manifest.hash) {
    throw damaged(`The training data in ${folder} has been changed.`);
  }
  const questions = await readJson(join(folder, FILES.questions), questionsSchema);
  const uses = (await readJsonIfPresent(join(folder, FILES.uses), usesSchema)) ?? {
    questions: [],
    places: [],
    validation: [],
  };
  return { train, validation, heldOut, manifest, questions, uses };
}

/** The manifest alone. @throws GardenerError `garden.damaged-file`, `garden.file-missing` */
export async function readDataManifest(folder: string): Promise<DataManifest> {
  return readJson(join(folder, FILES.manifest), dataManifestSchema);
}

function byFile(
  files: z.infer<typeof heldOutFilesSchema>,
  scored: readonly SupervisedExample[],
  gapRows: readonly SupervisedExample[],
): HeldOutFile[] {
  let next = 0;
  let nextGap = 0;
  return files.map(({ path, examples: size, before, lines, gaps: told }) => {
    const examples = scored.slice(next, next + size);
    next += size;
    const rows = gapRows.slice(nextGap, nextGap + told.length);
    nextGap += told.length;
    const gaps = rows.flatMap((example, index) => {
      const own = told[index];
      return own && own.start > 0 && own.start < own.end && own.end <= example.tokens.length
        ? [{ ...own, example }]
        : [];
    });
    const fits = lines.every(({ example, start, end }) => {
      const length = examples[example]?.tokens.length ?? 0;
      return start > 0 && start < end && end <= length;
    });
    if (examples.length !== size || before.length !== size || !fits || gaps.length !== told.length) {
      throw damaged(`The held-out data of ${path} is damaged.`);
    }
    return { path, examples, before, lines, gaps };
  });
}

function damaged(message: string): GardenerError {
  return new GardenerError('training.damaged-data', message, {
    remedy: 'Run `gardener train <project>` again: it makes the data anew.',
  });
}
