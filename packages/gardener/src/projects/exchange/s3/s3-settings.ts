import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import { badAddress } from './s3-address.js';

/** Who asks, and where: what the tools of AWS call credentials, region and endpoint. */
export interface S3Settings {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that end after some hours. */
  sessionToken?: string;
  region: string;
  /** Of a server that is not AWS; null for AWS. No slash at its end. */
  endpoint: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Section = Readonly<Record<string, string>>;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Such files have some hundred bytes. */
const MAX_FILE_BYTES = 1 << 20;

/**
 * Reads what AWS's own tools read, in their order: the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL), then the section of AWS_PROFILE in
 * ~/.aws/credentials and ~/.aws/config. Sign-ins by other ways are not made here.
 * @throws GardenerError `training.store-no-credentials`, `training.store-bad-address` for an endpoint that keys must
 *   not be sent to
 */
export async function readS3Settings(environment: Environment = process.env): Promise<S3Settings> {
  const profile = environment.AWS_PROFILE || 'default';
  const [credentials, config] = await Promise.all([
    section(environment.AWS_SHARED_CREDENTIALS_FILE, 'credentials', [profile]),
    section(environment.AWS_CONFIG_FILE, 'config', [`profile ${profile}`, profile]),
  ]);
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || config.region || 'us-east-1';
  if (!/^[a-z0-9-]{1,40}$/i.test(region)) throw badAddress(`${JSON.stringify(region)} is no region`);
  const given = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || config.endpoint_url;
  return {
    ...keysOf(environment, credentials, profile),
    region,
    endpoint: given ? checkedEndpoint(given) : null,
  };
}

function keysOf(
  environment: Environment,
  credentials: Section,
  profile: string,
): Pick<S3Settings, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  // Key and token of one place belong together: a token of the file does not go with a key of the environment.
  const found =
    AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
      ? [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN]
      : [credentials.aws_access_key_id, credentials.aws_secret_access_key, credentials.aws_session_token];
  const [accessKeyId, secretAccessKey, sessionToken] = found;
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  throw new GardenerError(
    'training.store-no-credentials',
    `There are no keys for the object store: not in the environment, nor for the profile ${JSON.stringify(profile)}.`,
    {
      remedy:
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. Signed in another way? Then first: ' +
        'eval "$(aws configure export-credentials --format env)".',
    },
  );
}

/** The keys sign every request, and what is fetched is the team's: neither goes over a wire in the clear. */
function checkedEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.username || url.search || url.hash) {
    throw badAddress(`${JSON.stringify(text)} is no address of a server`);
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw badAddress(`${url.host} would be spoken to without encryption`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The first of some sections that a file in AWS's format has; empty where there is no such file or section. */
async function section(file: string | undefined, usual: string, names: string[]): Promise<Section> {
  const path = file || join(homedir(), '.aws', usual);
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text.length > MAX_FILE_BYTES) return {};
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) {
      current = sections.get(header) ?? {};
      sections.set(header, current);
      continue;
    }
    // An indented line belongs to a setting with parts of its own, such as `s3 =`.
    const [, key, value] = /^([a-z_][\w-]*)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (key !== undefined && value !== undefined) current[key.toLowerCase()] = value;
  }
  return names.map((name) => sections.get(name)).find((one) => one !== undefined) ?? {};
}
