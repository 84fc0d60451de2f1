import { resolve } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ArtefactStore } from './artefact-store.js';
import { FolderStore } from './folder-store.js';
import { parseS3Address } from './s3/s3-address.js';
import { S3Requests } from './s3/s3-requests.js';
import { readS3Settings } from './s3/s3-settings.js';
import { S3Store } from './s3/s3-store.js';

/** `s3://…`, `https://…`; one letter before the colon is a drive of Windows. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
/** A name that every file system takes as a folder's, and that leads nowhere else. */
const FOLDER_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._ -]{0,98}[\p{L}\p{N}_-])?$/u;

/**
 * The store at a place that a user named: a folder, or `s3://bucket/folder` with the keys that AWS's tools use.
 * Nothing is asked of a server yet.
 * @throws GardenerError `training.store-unsupported` for another address, `training.store-bad-address`,
 *   `training.store-no-credentials`
 */
export async function openStore(place: string): Promise<ArtefactStore> {
  const scheme = SCHEME.exec(place)?.[1]?.toLowerCase();
  if (scheme === undefined) return new FolderStore(resolve(place));
  if (scheme === 's3') return new S3Store(new S3Requests(parseS3Address(place), await readS3Settings()));
  throw new GardenerError('training.store-unsupported', `Adapters cannot be shared at ${scheme}://.`, {
    remedy:
      'Give a folder, such as one on storage that the machines share, or s3://<bucket>/<folder>; other object stores ' +
      'that speak the S3 API are named with AWS_ENDPOINT_URL.',
  });
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
