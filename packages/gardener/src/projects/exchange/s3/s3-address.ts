import { GardenerError } from '../../../garden/errors/garden-error.js';

/** A place in an object store. */
export interface S3Address {
  bucket: string;
  /** What every key begins with: '' or a path that ends with a slash. */
  prefix: string;
  /** As a person would write it, without a slash at its end. */
  place: string;
}

/** S3's rules for names of buckets; no underscores or capitals, as for those made since 2018. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Reads `s3://bucket/and/a/path`.
 * @throws GardenerError `training.store-bad-address`
 */
export function parseS3Address(text: string): S3Address {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(text) ?? [];
  if (!BUCKET.test(bucket) || bucket.includes('..')) {
    throw badAddress(`${JSON.stringify(bucket)} is no name of a bucket`);
  }
  const parts = path.split('/').filter((part) => part !== '');
  if (!parts.every((part) => /^[\P{Cc}]+$/u.test(part) && part !== '.' && part !== '..')) {
    throw badAddress(`${JSON.stringify(path)} is no path in a bucket`);
  }
  return {
    bucket,
    prefix: parts.map((part) => `${part}/`).join(''),
    place: ['s3:/', bucket, ...parts].join('/'),
  };
}

export function badAddress(why: string): GardenerError {
  return new GardenerError('training.store-bad-address', `The store cannot be used: ${why}.`, {
    remedy: 'Write s3://<bucket>/<folder>; for a server of your own set AWS_ENDPOINT_URL to https://<host>.',
  });
}
