import { createHash } from 'node:crypto';
import {
  ARTEFACT_FILE,
  type Artefact,
  type ArtefactFile,
  damagedArtefact,
  MAX_ARTEFACT_BYTES,
  parseArtefact,
} from './artefact.js';
import type { ArtefactStore } from './artefact-store.js';

/**
 * The artefact of a project in a store; null where nothing was pushed for it.
 * @param name what the project is called there, see `storedName`
 * @throws GardenerError `training.artefact-damaged`, `training.artefact-newer`, `training.store-has-link`, `garden.*`
 */
export async function readArtefact(store: ArtefactStore, name: string): Promise<Artefact | null> {
  const place = `${store.place}/${name}`;
  const entry = (await store.list(name)).find((one) => one.name === ARTEFACT_FILE);
  if (entry === undefined) return null;
  if (entry.kind !== 'file') throw damagedArtefact(place, `${ARTEFACT_FILE} is not a file`);
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of store.read(`${name}/${ARTEFACT_FILE}`)) {
    bytes += block.length;
    if (bytes > MAX_ARTEFACT_BYTES) throw damagedArtefact(place, `${ARTEFACT_FILE} is too large`);
    blocks.push(block);
  }
  return parseArtefact(Buffer.concat(blocks).toString('utf8'), place);
}

/** Where a file of an artefact lies. */
export function keyOf(name: string, { id }: Pick<Artefact, 'id'>, file: Pick<ArtefactFile, 'name'>): string {
  return `${name}/${id}/${file.name}`;
}

/**
 * Why what is stored is not an artefact's files, judged by what a listing tells; null where names and sizes are right.
 * A copy that was cut off is seen here before anything is read.
 */
export async function listingProblem(
  store: ArtefactStore,
  name: string,
  artefact: Artefact,
): Promise<string | null> {
  const entries = await store.list(`${name}/${artefact.id}`);
  for (const file of artefact.files) {
    const entry = entries.find((one) => one.name === file.name);
    if (entry === undefined) return `${file.name} is not there`;
    if (entry.kind !== 'file') return `${file.name} is not a file`;
    if (entry.bytes !== file.bytes) return `${file.name} has ${entry.bytes} bytes and not ${file.bytes}`;
  }
  return null;
}

/**
 * Passes the bytes of a file on while they are what was promised; the last ones only with the right hash.
 * @param onBytes told how many more have passed
 * @throws what `fault` makes of a sentence, where there are more bytes, fewer, or other ones
 */
export async function* checked(
  content: AsyncIterable<Uint8Array>,
  file: ArtefactFile,
  fault: (why: string) => Error,
  onBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const block of content) {
    bytes += block.length;
    if (bytes > file.bytes) throw fault(`${file.name} has more than ${file.bytes} bytes`);
    hash.update(block);
    onBytes(block.length);
    yield block;
  }
  if (bytes < file.bytes) throw fault(`${file.name} has ${bytes} bytes and not ${file.bytes}`);
  if (hash.digest('hex') !== file.sha256) throw fault(`${file.name} has another hash`);
}
