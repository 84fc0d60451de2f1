import { expect, it } from 'vitest';
import { fingerprintOf, isJudgedBy } from './allowed-secrets.js';
import { fakeSecrets } from './fake-secrets.fixture.js';
import { maskSecrets } from './find-secrets.js';

const { 'github-pat': token = '', 'npm-access-token': other = '', jwt = '' } = fakeSecrets();
const code = `const a = '${token}';\nconst b = '${other}';\n`;
const masked = (secret: string) => '*'.repeat(secret.length);

it('lets through the secret that is named, wherever it stands, and masks the others', () => {
  const { secrets } = maskSecrets('a.ts', code);
  expect(secrets.map(({ fingerprint }) => fingerprint)).toEqual([fingerprintOf(token), fingerprintOf(other)]);
  const again = maskSecrets('docs/b.py', code, `${fingerprintOf(token)}, ${fingerprintOf(jwt)}`);
  expect(again.text).toBe(`const a = '${token}';\nconst b = '${masked(other)}';\n`);
  expect(again.secrets).toMatchObject([{ line: 2, fingerprint: fingerprintOf(other) }]);
  expect(again.allowedSecrets).toEqual([fingerprintOf(token)]);
  const both = maskSecrets('a.ts', code, `${fingerprintOf(other)} ${fingerprintOf(token)}`);
  expect(both).toEqual({
    text: code,
    secrets: [],
    allowedSecrets: [fingerprintOf(token), fingerprintOf(other)].sort(),
  });
});

it('changes nothing where a fingerprint is that of no secret', () => {
  expect(maskSecrets('a.ts', code, fingerprintOf(jwt))).toEqual(maskSecrets('a.ts', code));
  expect(maskSecrets('a.ts', code, fingerprintOf(token.slice(1)))).toEqual(maskSecrets('a.ts', code));
});

it('is of twelve digits that say nothing of the secret', () => {
  expect(fingerprintOf(token)).toMatch(/^[0-9a-f]{12}$/);
  expect(fingerprintOf(token)).not.toBe(fingerprintOf(`${token} `));
});

it('knows a secret by its whole, also where it stands in several literals', () => {
  const split = `const data = '${token.slice(0, 18)}' +\n  '${token.slice(18)}';`;
  expect(maskSecrets('a.ts', split).secrets).toMatchObject([{ fingerprint: fingerprintOf(token) }]);
  expect(maskSecrets('a.ts', split, fingerprintOf(token)).text).toBe(split);
});

it('leaves nothing masked inside of what is let through', () => {
  const line = `const url = "${fakeSecrets()['password-in-url']}";`;
  let allowed = '';
  // Each round names what the one before still masks; it ends, since what is let through stays so.
  for (let round = 0; round < 3; round++)
    for (const { fingerprint = '' } of maskSecrets('a.ts', line, allowed).secrets)
      allowed += ` ${fingerprint}`;
  expect(maskSecrets('a.ts', line, allowed).text).toBe(line);
});

it('tells when the setting decides otherwise than it did', () => {
  const [one, two] = [fingerprintOf(token), fingerprintOf(other)];
  const judged = maskSecrets('a.ts', code, one);
  expect(isJudgedBy(judged, one)).toBe(true);
  expect(isJudgedBy(judged, `${fingerprintOf(jwt)}, ${one}`)).toBe(true);
  expect(isJudgedBy(judged, '')).toBe(false);
  expect(isJudgedBy(judged, `${one}, ${two}`)).toBe(false);
  expect(isJudgedBy({}, one)).toBe(true);
  // An index of an earlier version does not know.
  expect(isJudgedBy({ secrets: [{}] }, '')).toBe(false);
});
