import { createHash } from 'node:crypto';

/**
 * Keys of twelve kinds for tests, by the rule that knows them. They open nothing: each is made of a hash, and only when
 * a test runs, so that no scanner takes this repository for a leak.
 */
export function fakeSecrets(): Record<string, string> {
  const hex = (seed: string) => createHash('sha512').update(seed).digest('hex');
  const base64 = (seed: string) => createHash('sha512').update(seed).digest('base64').replace(/[+/=]/g, 'q');
  const base32 = (seed: string) =>
    base64(seed)
      .toUpperCase()
      .replace(/[^A-Z2-7]/g, 'X');
  const body = [1, 2, 3].map((line) => base64(`body ${line}`).slice(0, 64)).join('\n');
  const token = (text: string) => Buffer.from(text).toString('base64url');
  return {
    'aws-access-token': `AKIA${base32('aws').slice(0, 16)}`,
    'github-pat': `ghp_${base64('github').slice(0, 36)}`,
    'gitlab-pat': `glpat-${base64('gitlab').slice(0, 20)}`,
    'slack-bot-token': `xoxb-${'123456789012'}-${'210987654321'}-${base64('slack').slice(0, 24)}`,
    'stripe-access-token': `sk_live_${base64('stripe').slice(0, 24)}`,
    'gcp-api-key': `AIza${base64('google').slice(0, 35)}`,
    'npm-access-token': `npm_${base64('npm').toLowerCase().slice(0, 36)}`,
    'huggingface-access-token': `hf_${base64('hub')
      .replace(/[^a-z]/gi, 'k')
      .slice(0, 34)}`,
    jwt: `${token('{"alg":"HS256","typ":"JWT"}')}.${token('{"sub":"1234567890","admin":true}')}.${base64('jwt').slice(0, 43)}`,
    'private-key': `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${body}\n-----END RSA ${'PRIVATE'} KEY-----`,
    'password-in-url': `postgres://gardener:${hex('url').slice(0, 18)}@db.internal/shop`,
    'generic-api-key': `service_api_key = "${hex('generic').slice(0, 32)}"`,
  };
}

/** The part of a fake secret that must never come out anywhere. */
export function hiddenPart(rule: string, secret: string): string {
  if (rule === 'private-key') return secret.split('\n')[2]!;
  if (rule === 'password-in-url') return /:([^:@]+)@/.exec(secret)![1]!;
  if (rule === 'generic-api-key') return /"(.+)"/.exec(secret)![1]!;
  return secret;
}
