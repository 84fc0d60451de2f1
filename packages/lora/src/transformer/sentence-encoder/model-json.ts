import { stat } from 'node:fs/promises';
import { LoraError } from '../../errors.js';
import { readRegularFile } from '../../files.js';

/** The largest tokenizer.json known has 35 MB. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/**
 * A JSON file of a model's directory.
 * @throws LoraError `transformer.missing-file` when it is missing, larger than 64 MiB or no JSON
 */
export async function readModelJson(file: string): Promise<unknown> {
  try {
    return JSON.parse((await readRegularFile(file, MAX_JSON_BYTES)).toString('utf8'));
  } catch (cause) {
    throw new LoraError('transformer.missing-file', `${file} is missing or is not JSON.`, {
      remedy: 'Fetch the embedding model again.',
      cause,
    });
  }
}

/** As `readModelJson`, an object; an empty one when there is no such file. */
export async function readOptionalModelJson(file: string): Promise<Record<string, unknown>> {
  const present = await stat(file).then(
    () => true,
    () => false,
  );
  const json = present ? await readModelJson(file) : {};
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
