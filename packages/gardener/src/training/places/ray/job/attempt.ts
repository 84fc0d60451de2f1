import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asFilesystemError } from '../../../../garden/errors/filesystem-error.js';
import { readJsonIfPresent, writeJson } from '../../../../garden/files/json-state.js';
import { ENGINE_NAMES } from '../../../../garden/settings/settings.js';

const attemptSchema = z.object({
  schemaVersion: z.literal(1),
  /** From 1 on: each submission of a run is one. */
  attempt: z.number().int().positive(),
  /** Its name at Ray, made of the run's id and the attempt: who looks for it again finds it by that. */
  submissionId: z.string(),
  /** The cluster it was submitted to. */
  address: z.string(),
  /** Nobody follows it any more: its job ends when it sees that. */
  closed: z.boolean(),
  engine: z.enum(ENGINE_NAMES),
  /** The setting of that name. */
  enginePython: z.string(),
  /** Sha256 of the base's weights, which the worker does not compute again. */
  weightsHash: z.string(),
});

/**
 * What a run's job/ holds of its last submission. A job trains only as long as the attempt that stands there is its
 * own and open: so of two that were taken for one another's replacement, one at most trains.
 */
export type Attempt = z.infer<typeof attemptSchema>;

/** The last attempt, or null before the first. @throws GardenerError `garden.damaged-file` */
export async function readAttempt(folder: string): Promise<Attempt | null> {
  return readJsonIfPresent(join(folder, 'attempt.json'), attemptSchema);
}

/** Puts an attempt into the place of the last. @throws GardenerError `garden.disk-full`, `garden.permission-denied` */
export async function writeAttempt(folder: string, attempt: Attempt): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw asFilesystemError(error, folder, 'write');
  });
  await writeJson(join(folder, 'attempt.json'), attempt);
}

/** The file in which the job of an attempt tells how it goes. */
export function toldFile(folder: string, attempt: number): string {
  return join(folder, `${attempt}.jsonl`);
}
