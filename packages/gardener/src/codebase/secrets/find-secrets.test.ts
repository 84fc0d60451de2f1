import { describe, expect, it } from 'vitest';
import { fakeSecrets, hiddenPart } from './fake-secrets.fixture.js';
import { isMostlySecret, maskSecrets } from './find-secrets.js';
import { SECRET_RULES } from './secret-rules.generated.js';

const PLACE = 'line one\nline two\n';

describe('maskSecrets', () => {
  it.each(Object.entries(fakeSecrets()))('finds %s, masks it and leaves the rest', (rule, secret) => {
    const code = rule === 'generic-api-key' ? secret : `const value = \`${secret}\`;`;
    const text = `${PLACE}${code}\nexport const after = 1;\n`;
    const masked = maskSecrets('src/config.ts', text);
    expect(masked.secrets[0]).toMatchObject({ line: 3, rule });
    expect(masked.text).not.toContain(hiddenPart(rule, secret));
    expect(masked.text).toHaveLength(text.length);
    expect(masked.text.split('\n')).toHaveLength(text.split('\n').length);
    expect(masked.text.startsWith(PLACE)).toBe(true);
    expect(masked.text.endsWith('\nexport const after = 1;\n')).toBe(true);
  });

  it('masks the value and keeps the name it is assigned to', () => {
    const { 'generic-api-key': assignment } = fakeSecrets();
    expect(maskSecrets('a.py', assignment!).text).toBe(`service_api_key = "${'*'.repeat(32)}"`);
  });

  it('tells the lines of a key that has several, and of two secrets in a file', () => {
    const secrets = fakeSecrets();
    const text = `a\n${secrets['private-key']}\nb\nx = "${secrets['github-pat']}"\n`;
    expect(maskSecrets('a.py', text).secrets).toEqual([
      { line: 2, endLine: 6, rule: 'private-key' },
      { line: 8, endLine: 8, rule: 'github-pat' },
    ]);
  });

  it.each([
    'const token = tokenizer.encode(text);',
    'password = get_password_from_user_prompt()',
    'secret = "please-change-this-value"',
    'url = "https://user:" + password + "@example.com"',
    'url = f"https://{user}:{password}@{host}/"',
    'DATABASE = "postgres://postgres:postgres@localhost/test"',
    'git clone https://user:your-token-here@example.com/x.git',
    'sha = "d41d8cd98f00b204e9800998ecf8427e"',
    'AKIA = 3',
    'aws_access_key_id = AKIAIOSFODNN7EXAMPLE',
    'const key = event.key === "ArrowDown" ? 1 : -1;',
    'import { accessToken, apiKey } from "./authentication-settings";',
  ])('leaves alone: %s', (code) => {
    expect(maskSecrets('a.ts', code)).toEqual({ text: code, secrets: [] });
  });

  it('takes time in proportion to a text made to exhaust it', () => {
    for (const part of [
      'curl -u "',
      'key = "',
      '-----BEGIN PRIVATE KEY',
      'kind: secret data: ',
      'https://a:',
      'ey',
    ]) {
      const text = part.repeat(2 ** 18 / part.length);
      expect(maskSecrets('a.yaml', text).text).toHaveLength(text.length);
    }
    const all = SECRET_RULES.flatMap((rule) => rule.keywords).join('\n');
    expect(maskSecrets('a.yaml', all + 'a'.repeat(2 ** 18)).secrets).toEqual([]);
  });

  it('has rules that can match: every pattern is global and every keyword in lower case', () => {
    expect(SECRET_RULES.length).toBeGreaterThan(200);
    for (const { id, pattern, keywords } of SECRET_RULES) {
      expect(pattern.flags, id).toContain('g');
      expect(
        keywords.every((keyword) => keyword === keyword.toLowerCase()),
        id,
      ).toBe(true);
    }
  });
});

describe('isMostlySecret', () => {
  it('tells a key file from code with a key in it', () => {
    const key = fakeSecrets()['private-key']!;
    expect(isMostlySecret(maskSecrets('key.txt', `${key}\n`).text)).toBe(true);
    expect(isMostlySecret(maskSecrets('a.ts', `${key}\n${'const x = 1;\n'.repeat(50)}`).text)).toBe(false);
    expect(isMostlySecret('')).toBe(false);
  });
});
