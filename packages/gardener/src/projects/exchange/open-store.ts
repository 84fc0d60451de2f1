import { resolve } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ArtefactStore } from './artefact-store.js';
import { FolderStore } from './folder-store.js';

/** `s3://…`, `https://…`; one letter before the colon is a drive of Windows. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
/** A name that every file system takes as a folder's, and that leads nowhere else. */
const FOLDER_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._ -]{0,98}[\p{L}\p{N}_-])?$/u;

/**
 * The store at a place that a user named.
 * @throws GardenerError `training.store-unsupported` for an address, such as s3://
 */
export function openStore(place: string): ArtefactStore {
  const scheme = SCHEME.exec(place)?.[1];
  if (scheme === undefined) return new FolderStore(resolve(place));
  throw new GardenerError(
    'training.store-unsupported',
    `Adapters cannot be shared at ${scheme.toLowerCase()}:// yet.`,
    {
      remedy:
        'Give a folder: one on storage that the machines share (NFS, SMB, a mounted bucket) works today, and one of ' +
        'your own can be copied there.',
    },
  );
}

/**
 * What a project is called in a store.
 * @throws GardenerError `training.bad-artefact-name`
 */
export function storedName(name: string): string {
  if (FOLDER_NAME.test(name)) return name;
  throw new GardenerError(
    'training.bad-artefact-name',
    `${JSON.stringify(name)} cannot be the name of a folder on every system.`,
    {
      remedy: 'Choose what it is called there with --name: letters, digits, dots, dashes, spaces.',
    },
  );
}
