import { LoraError } from '../errors.js';
import { writeAtomically } from '../weights/atomic-file.js';
import { RangeFile } from '../weights/range-file.js';

/** A configuration or manifest has some kilobytes; more is not one, and must not fill the memory. */
const MAX_JSON_BYTES = 1 << 20;

/**
 * Reads a small JSON file that holds one object. What is in it is unchecked.
 * @throws LoraError `weights.not-found`, `weights.unreadable`, `adapter.damaged`
 */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  await using file = await RangeFile.open(path);
  if (file.size > MAX_JSON_BYTES) throw damaged(path, 'it is longer than 1 MiB');
  const bytes = Buffer.alloc(file.size);
  await file.read(0, bytes);
  return parseObject(path, bytes.toString('utf8'));
}

/** Writes an object as indented JSON, atomically. */
export async function writeJsonObject(path: string, value: object): Promise<void> {
  await writeAtomically(path, (append) => append(Buffer.from(`${JSON.stringify(value, null, 2)}\n`, 'utf8')));
}

/** The error for a file of an adapter that contradicts its format. */
export function damaged(path: string, problem: string, cause?: unknown): LoraError {
  return new LoraError('adapter.damaged', `The file ${path} of the adapter is damaged: ${problem}.`, {
    remedy: 'Train the adapter again, or copy it again from where it came from.',
    details: { path },
    cause,
  });
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, 'it is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged(path, 'it does not hold an object');
  }
  return value as Record<string, unknown>;
}
