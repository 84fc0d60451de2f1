import { expect, test } from 'vitest';
import { findSecret } from './secrets.js';

// Put together at run time, so that no scanner takes this file for a leak.
const planted = [
  `AKIA${'Q7ZK'.repeat(4)}`,
  `ghp_${'aB3d'.repeat(9)}`,
  `xoxb-${'1234567890'}-abcdef`,
  `sk_live_${'4eC39HqLyjWDarjt'}`,
  `AIza${'Sy0aB1c'.repeat(5)}`,
  `-----BEGIN RSA ${'PRIVATE'} KEY-----`,
  `postgres://admin:${'hunter2secret'}@db.internal/app`,
  `api_key = "${'f3a9'.concat('c81e77b0d24e6a5')}"`,
  `"clientSecret": "${'Zx81kQp0'.concat('Lm33vTr9')}"`,
];

test.each(planted)('finds %#', (secret) => {
  expect(
    findSecret(`const before = 1;\nconst value = '${secret}';\n`.replace(/'(api_key|"client)/, '$1')),
  ).not.toBeNull();
});

test.each([
  'const token = tokenizer.encode(text);',
  'password = get_password_from_user_prompt()',
  'secret = "please-change-this-value"',
  'url = "https://user:" + password + "@example.com"',
  'sha = "d41d8cd98f00b204e9800998ecf8427e"',
  'AKIA = 3',
])('leaves alone: %s', (code) => {
  expect(findSecret(code)).toBeNull();
});
