import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readS3Settings } from './s3-settings.js';

let folder: string;
let files: Record<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-settings-'));
  files = {
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const key = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' };

describe('what the tools of AWS read', () => {
  it('is the environment, before files', async () => {
    await writeFile(
      join(folder, 'credentials'),
      '[default]\naws_access_key_id=F\naws_secret_access_key=G\naws_session_token=H\n',
    );
    expect(await readS3Settings({ ...files, ...key, AWS_REGION: 'eu-west-1' })).toEqual({
      ...{ accessKeyId: 'A', secretAccessKey: 'S', region: 'eu-west-1', endpoint: null },
    });
    expect(await readS3Settings({ ...files, ...key, AWS_SESSION_TOKEN: 'T' })).toMatchObject({
      sessionToken: 'T',
      region: 'us-east-1',
    });
    expect(await readS3Settings(files)).toMatchObject({
      accessKeyId: 'F',
      secretAccessKey: 'G',
      sessionToken: 'H',
    });
  });

  it('is the section of a profile', async () => {
    await writeFile(
      join(folder, 'credentials'),
      '# keys\r\n[default]\r\naws_access_key_id = no\r\n[team]\r\naws_access_key_id = A\r\naws_secret_access_key = S=/+\r\n',
    );
    await writeFile(
      join(folder, 'config'),
      '[profile team]\nregion = eu-north-1\nendpoint_url = https://store.example/s3/\ns3 =\n  region = us-west-1\n',
    );
    expect(await readS3Settings({ ...files, AWS_PROFILE: 'team' })).toEqual({
      ...{
        accessKeyId: 'A',
        secretAccessKey: 'S=/+',
        region: 'eu-north-1',
        endpoint: 'https://store.example/s3',
      },
    });
  });

  it('missing, is said with how to get it', async () => {
    for (const environment of [
      files,
      { ...files, AWS_ACCESS_KEY_ID: 'A' },
      { ...files, AWS_PROFILE: 'x\u001b' },
    ]) {
      await expect(readS3Settings(environment)).rejects.toMatchObject({
        code: 'training.store-no-credentials',
        remedy: expect.stringContaining('AWS_PROFILE'),
      });
    }
  });

  it('names no server that keys must not be sent to', async () => {
    for (const AWS_ENDPOINT_URL of [
      'http://store.example',
      'ftp://store.example',
      'store',
      'https://me:pw@store.example',
      'https://store.example/?x=1',
    ]) {
      await expect(readS3Settings({ ...files, ...key, AWS_ENDPOINT_URL })).rejects.toMatchObject({
        code: 'training.store-bad-address',
      });
    }
    for (const AWS_ENDPOINT_URL of [
      'http://127.0.0.1:9000',
      'http://localhost:9000/',
      'http://[::1]:9000',
      'https://store.example',
    ]) {
      expect((await readS3Settings({ ...files, ...key, AWS_ENDPOINT_URL })).endpoint).toBe(
        AWS_ENDPOINT_URL.replace(/\/$/, ''),
      );
    }
    await expect(readS3Settings({ ...files, ...key, AWS_REGION: 'evil.example/' })).rejects.toMatchObject({
      code: 'training.store-bad-address',
    });
  });
});
