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
      expect.objectContaining({ line: 2, endLine: 6, rule: 'private-key' }),
      expect.objectContaining({ line: 8, endLine: 8, rule: 'github-pat' }),
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

  const HOSTILE = [
    'curl -u "',
    'key = "',
    '-----BEGIN PRIVATE KEY',
    'kind: secret data: ',
    'https://a:',
    'ey',
    'password="',
    'token:',
    'pass',
    'login(',
    'key="a"+"',
    'Cookie: a=',
    'Bearer ',
    '<password>',
    'aGVsbG8gd29ybGQg',
    "'a''",
  ];

  // What grows with the square of a text's length takes hours for these.
  it('takes time in proportion to a text made to exhaust it', () => {
    for (const part of HOSTILE) {
      const text = part.repeat(2 ** 16 / part.length);
      expect(maskSecrets('a.yaml', text).text).toHaveLength(text.length);
    }
    const all = SECRET_RULES.flatMap((rule) => rule.keywords).join('\n');
    expect(maskSecrets('a.yaml', all + 'a'.repeat(2 ** 18)).secrets).toEqual([]);
  });

  it('goes through a line of a mebibyte', { timeout: 120_000 }, () => {
    const text = HOSTILE.join(' ').repeat(2 ** 20 / HOSTILE.join(' ').length);
    const { text: masked } = maskSecrets(
      'a.js',
      `${text} apiKey = '${hiddenPart('generic-api-key', fakeSecrets()['generic-api-key']!)}'`,
    );
    expect(masked.endsWith(`apiKey = '${'*'.repeat(32)}'`)).toBe(true);
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

describe('what stands in the place of a secret', () => {
  const value = fakeSecrets()['generic-api-key']!.slice(-33, -1);
  const password = `Kf7!${value.slice(0, 3)}Qx$2`;

  it.each([
    ['assigned-secret', `os.environ["AWS_SECRET_ACCESS_KEY"] = "${value}"`],
    ['assigned-secret', `const key = process.env.API_TOKEN || '${value}';`],
    ['assigned-secret', `const token = process.env.API_TOKEN ?? '${value}';`],
    ['assigned-secret', `const password = "${password}";`],
    ['assigned-secret', `client.setApiKey('${value}');`],
    ['generic-api-key', `const twilioAuthToken = '${value}';`],
    ['assigned-secret', `public string Password { get; set; } = "${password}";`],
    ['assigned-secret', `dsn = "Driver={ODBC};Server=db;Uid=app;Pwd=${password};"`],
    ['assigned-secret', `url = "jdbc:mysql://db/shop?user=app&password=${value.slice(0, 12)}"`],
    ['assigned-secret', `fetch("https://api.internal/v1?api_key=${value}&page=2")`],
    ['assigned-secret', `CREATE USER app WITH PASSWORD '${password}';`],
    ['assigned-secret', `<password>${password}</password>`],
    ['assigned-secret', `<add key="DbPassword" value="${password}" />`],
    ['assigned-secret', `# the admin password is ${password}`],
    ['password-in-login', `await login('deploy', '${password}');`],
    ['password-in-url', `cache = Redis("redis://:${password}@cache:6379")`],
    ['password-in-url', `url = "postgres://app:k2Test9${value.slice(0, 4)}@db/shop"`],
    ['credential-in-header', `headers = {'Authorization': 'Bearer ${value}'}`],
    ['credential-in-header', `"Authorization": "Basic ${btoa(`deploy:${password}`)}"`],
    ['session-in-cookie', `Cookie: theme=dark; session=${value}`],
    ['github-pat in base64', `const blob = '${btoa(fakeSecrets()['github-pat']!)}';`],
  ])('is found as %s: %s', (rule, code) => {
    const masked = maskSecrets('src/app.py', code);
    expect(masked.secrets.map((place) => place.rule)).toContain(rule);
    expect(masked.text).toHaveLength(code.length);
    for (const part of [value, password, value.slice(0, 12), btoa(`deploy:${password}`)])
      expect(masked.text).not.toContain(part);
  });

  it('is masked in both literals, and the text between them stays', () => {
    const token = fakeSecrets()['github-pat']!;
    const code = `const data = '${token.slice(0, 18)}' +\n  '${token.slice(18)}';`;
    const masked = maskSecrets('a.ts', code);
    expect(masked.text).toBe(`const data = '${'*'.repeat(18)}' +\n  '${'*'.repeat(token.length - 18)}';`);
    expect(masked.secrets).toMatchObject([{ line: 1, endLine: 1, rule: 'github-pat' }]);
  });

  it.each([
    'const password = "Enter your password";',
    'password_hash = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"',
    `integrity: sha512-${'Zm9vYmFyYmF6'.repeat(7)}==`,
    'password_pattern = "^(?=.*[A-Z])(?=.*[0-9]).{8,}$"',
    'secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-a1B2c3"',
    'label = t("auth.login.password.label")',
    'TOKEN_STORAGE_KEY = "app.auth.token.v2"',
    'url = "https://login.example/oauth/token?grant_type=client_credentials"',
    "CREATE USER app WITH PASSWORD 'changeme';",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of a settings file
    'password: ${DB_PASSWORD:postgres}',
    'headers["Authorization"] = "Bearer YOUR_ACCESS_TOKEN"',
    'id = "550e8400-e29b-41d4-a716-446655440000"',
    '"tokenAddress": "0x52908400098527886e0f7030069857d2e4169ee7"',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ])('may be harmless: %s', (code) => {
    expect(maskSecrets('a.ts', code)).toEqual({ text: code, secrets: [] });
  });

  it.each(['gardener:allow-secret', 'gitleaks:allow'])('stays where %s says so', (mark) => {
    const line = `const apiKey = '${value}';`;
    expect(maskSecrets('a.ts', `${line} // ${mark}`).secrets).toEqual([]);
    expect(maskSecrets('a.ts', `// ${mark}: a key of the public sandbox\n${line}`).secrets).toEqual([]);
    expect(maskSecrets('a.ts', `// ${mark}\n\n${line}`).secrets).toHaveLength(1);
    expect(maskSecrets('a.ts', `const why = '${mark}';\n${line}`).secrets).toHaveLength(1);
  });
});
