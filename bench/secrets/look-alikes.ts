import { type SecretCase, SPOKEN } from './planted-secrets.js';
import type { RandomValues } from './random-values.js';

const PLACEHOLDERS = [
  'changeme', 'your-api-key-here', 'YOUR_API_KEY', '<your token>', 'xxxxxxxxxxxxxxxx', 'REPLACE_ME', 'example-token-123',
  'insert-password-here', '********', 'my-secret-password', 'test_password_1', 'dummy-key-for-tests', 'not-a-real-secret',
  'password123', 'TODO: set this', 'EXAMPLEKEY1234567890', '1234567890abcdef', 'abcdefghijklmnop', 'fake-token-0001', 'secret',
]; // biome-ignore format: a list
const LABELS = [
  'Enter your password', 'Forgot password?', 'auth.login.password.label', 'form.errors.password_too_short', 'Passwort',
  'password-input--large', 'txtPassword', 'user_password_field', 'access_token', 'refreshToken', 'token_endpoint',
  'application/json', 'x-api-key', 'Bearer', 'client_credentials', 'urn:ietf:params:oauth:token-type:jwt', 'HS256',
  'aws-secret-manager/production/database', '/api/v2/auth/token/refresh', 'org.example.security.PasswordEncoder',
]; // biome-ignore format: a list
const NAMES = [
  'password',
  'api_key',
  'auth_token',
  'client_secret',
  'secret_key',
  'access_token',
  'db_password',
];
const PUBLIC_NAMES = [
  'commit', 'sha256', 'checksum', 'etag', 'integrity', 'request_id', 'trace_id', 'build_hash', 'password_hash', 'file_digest',
  'public_key', 'cache_key', 'primary_key', 'key_id', 'fingerprint', 'md5sum', 'revision', 'asset_version', 'session_name',
  'next_page_token',
]; // biome-ignore format: a list

/** What looks like a secret and is none, in the same languages: `rounds` times each with other values. */
export function lookAlikes(random: RandomValues, rounds: number): SecretCase[] {
  const cases: SecretCase[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const spoken of SPOKEN) {
      const add = (form: string, text: string) =>
        cases.push({ path: spoken.path, form, text: `line one\n${text}\nline three\n`, secret: [] });
      const name = random.pick(NAMES);
      add('placeholder', spoken.assign(name, random.pick(PLACEHOLDERS)));
      add('placeholder', spoken.fallback(name, random.pick(PLACEHOLDERS)));
      add('placeholder', spoken.call('login', ['user', random.pick(PLACEHOLDERS)]));
      add('label or identifier', spoken.assign(name, random.pick(LABELS)));
      add('label or identifier', spoken.entry(name, random.pick(LABELS)));
      add(
        'template',
        spoken.assign(
          name,
          random.pick(['${TOKEN}', '{{ api_key }}', '%s', '$DB_PASSWORD', '#{secret}', '<%= key %>']),
        ),
      );
      add('hash', spoken.assign(random.pick(PUBLIC_NAMES), random.hex(random.pick([32, 40, 64]))));
      add('hash', spoken.assign('password_hash', `$2b$12$${random.alphanumeric(53)}`));
      add('hash', spoken.entry('integrity', `sha512-${random.base64(64)}`));
      add('hash', spoken.comment(`commit ${random.hex(40)} broke the token parser`));
      add('id', spoken.assign(random.pick(['user_id', 'order_id', 'device', 'tenant']), random.uuid()));
      add('id', spoken.assign('image', `registry/shop@sha256:${random.hex(64)}`));
      add(
        'id',
        spoken.assign(
          'arn',
          `arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-${random.alphanumeric(6)}`,
        ),
      );
      add('pattern', spoken.assign('password_pattern', '^(?=.*[A-Z])(?=.*[0-9]).{8,}$'));
      add('pattern', spoken.assign('token_regex', '[A-Za-z0-9_-]{20,40}'));
      add(
        'address',
        spoken.assign(
          'url',
          random.pick([
            'postgres://user:password@localhost/shop',
            'https://user:$PASS@host/x',
            'redis://localhost:6379/0',
            'amqp://guest:guest@rabbit:5672',
            `https://cdn.example/a/${random.hex(20)}/app.js`,
          ]),
        ),
      );
      add('address', spoken.assign('url', 'https://login.example/oauth/token?grant_type=client_credentials'));
      add(
        'connection string',
        spoken.assign(
          'dsn',
          `Server=db;User Id=app;Password=${random.pick(['{0}', '${PW}', 'changeme', 'yourpassword', '***'])};`,
        ),
      );
      add(
        'Authorization',
        spoken.entry(
          'Authorization',
          random.pick([
            'Bearer YOUR_ACCESS_TOKEN',
            'Bearer <token>',
            'Basic authentication',
            'Bearer ${token}',
            'Token your-token-here',
          ]),
        ),
      );
      add(
        'cookie',
        spoken.entry(
          'Cookie',
          random.pick([
            'theme=dark; lang=en',
            'session=your-session-id',
            'Path=/; HttpOnly; SameSite=Lax',
            `consent=true; _ga_page=${random.text('0123456789', 10)}`,
          ]),
        ),
      );
      add(
        'comment',
        spoken.comment(
          random.pick([
            'the password is read from the vault',
            'password: required, at least 12 characters',
            'token: see the settings',
            'secret is shared by both sides',
          ]),
        ),
      );
      add(
        'code',
        random.pick([
          `${name} = read_secret("db/password")`,
          `${name} = getToken(session.userId2)`,
          `if (password !== repeat1) fail();`,
          `const key = row.cells[3].accessKeyLabel2;`,
          'tokenizer = BertTokenizerFast(vocab_size_30522)',
        ]),
      );
      add('two literals', spoken.joined('message', 'Enter your pass', 'word and token'));
      add(
        'base64',
        spoken.assign(
          'greeting',
          Buffer.from(`Hello, this is message ${random.below(10_000)} of the day`).toString('base64'),
        ),
      );
      add('test data', spoken.assign('user_name', `customer_${random.below(100_000)}`));
      add('colour', spoken.assign('token_color', `#${random.hex(6)}`));
    }
    for (const [path, text] of [
      ['messages.yaml', 'login:\n  password: Passwort\n  token: Zugriffstoken'],
      ['theme.css', `--token-accent: #${random.hex(6)};\n.password-field { color: #${random.hex(6)}; }`],
      ['index.html', `<script src="a.js" integrity="sha384-${random.base64(48)}" crossorigin></script>`],
      ['index.html', '<input type="password" name="password" id="login-password-2" placeholder="Password">'],
      [
        'ci.yml',
        `  - uses: actions/checkout@${random.hex(40)}\n    with:\n      token: \${{ secrets.GITHUB_TOKEN }}`,
      ],
      ['schema.json', '  "access_token": { "type": "string", "format": "password" },'],
      ['users.sql', 'SELECT password, token FROM users WHERE password = :password AND token = ?;'],
      ['users.sql', "CREATE USER app WITH PASSWORD 'changeme';"],
      ['pom.xml', '<password>${env.DB_PASSWORD}</password>'],
      ['app.properties', 'spring.datasource.password=${DB_PASSWORD:postgres}'],
      ['Dockerfile', 'ARG NPM_TOKEN\nENV TOKEN_TYPE=bearer_token_v2'],
      ['README.md', 'Set `API_KEY=your-key` and `password: <your password>` before you start.'],
      ['go.mod', `h1:${random.base64(32)} // token v1.2.3`],
      ['contract.json', `  "tokenAddress": "0x${random.hex(40)}",`],
    ] as const)
      cases.push({ path, form: 'other files', text: `line one\n${text}\nline three\n`, secret: [] });
  }
  return cases;
}
