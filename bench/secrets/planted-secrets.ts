import type { RandomValues } from './random-values.js';

/** A piece of a file with one secret, or with what only looks like one. */
export interface SecretCase {
  path: string;
  text: string;
  /** What kind of place it is, for the table. */
  form: string;
  /** What must not be left of it; a secret in two literals has two parts. Empty for a look-alike. */
  secret: string[];
}

type Assign = (name: string, value: string) => string;

interface Spoken {
  path: string;
  assign: Assign;
  /** A second value behind one that is read from the environment. */
  fallback: Assign;
  /** Two literals that are put together. */
  joined: (name: string, first: string, second: string) => string;
  call: (name: string, values: string[]) => string;
  entry: Assign;
  comment: (text: string) => string;
  camel: boolean;
}

const list = (values: string[], quote: string) => values.map((value) => quote + value + quote).join(', ');

/** Ten languages, and how each says the same. */
export const SPOKEN: readonly Spoken[] = [
  {
    path: 'src/config.ts',
    assign: (n, v) => `export const ${n}: string = '${v}';`,
    fallback: (n, v) => `const ${n} = process.env.${n} ?? '${v}';`,
    joined: (n, a, b) => `const ${n} = '${a}' + '${b}';`,
    call: (n, v) => `await client.${n}(${list(v, "'")});`,
    entry: (n, v) => `const headers = { '${n}': '${v}' };`,
    comment: (t) => `// ${t}`,
    camel: true,
  },
  {
    path: 'lib/client.js',
    assign: (n, v) => `  ${n}: "${v}",`,
    fallback: (n, v) => `const ${n} = process.env.${n.toUpperCase()} || "${v}";`,
    joined: (n, a, b) => `var ${n} = "${a}" +\n  "${b}";`,
    call: (n, v) => `client.${n}(${list(v, '"')})`,
    entry: (n, v) => `req.setHeader("${n}", "${v}");`,
    comment: (t) => `/* ${t} */`,
    camel: true,
  },
  {
    path: 'app/settings.py',
    assign: (n, v) => `${n.toUpperCase()} = "${v}"`,
    fallback: (n, v) => `${n} = os.environ.get("${n.toUpperCase()}", "${v}")`,
    joined: (n, a, b) => `${n} = ("${a}"\n    "${b}")`,
    call: (n, v) => `client.${n}(${list(v, '"')})`,
    entry: (n, v) => `headers["${n}"] = "${v}"`,
    comment: (t) => `# ${t}`,
    camel: false,
  },
  {
    path: 'cmd/main.go',
    assign: (n, v) => `\t${n} := "${v}"`,
    fallback: (n, v) => `\t${n} := getEnv("${n.toUpperCase()}", "${v}")`,
    joined: (n, a, b) => `const ${n} = "${a}" + "${b}"`,
    call: (n, v) => `\tclient.${n}(${list(v, '"')})`,
    entry: (n, v) => `\treq.Header.Set("${n}", "${v}")`,
    comment: (t) => `// ${t}`,
    camel: true,
  },
  {
    path: 'src/main/java/App.java',
    assign: (n, v) => `    private static final String ${n.toUpperCase()} = "${v}";`,
    fallback: (n, v) => `String ${n} = Optional.ofNullable(System.getenv("${n}")).orElse("${v}");`,
    joined: (n, a, b) => `    String ${n} = "${a}"\n        + "${b}";`,
    call: (n, v) => `        client.${n}(${list(v, '"')});`,
    entry: (n, v) => `properties.put("${n}", "${v}");`,
    comment: (t) => `    // ${t}`,
    camel: true,
  },
  {
    path: 'Shop/Startup.cs',
    assign: (n, v) => `    public string ${n} { get; set; } = "${v}";`,
    fallback: (n, v) => `var ${n} = Environment.GetEnvironmentVariable("${n}") ?? "${v}";`,
    joined: (n, a, b) => `var ${n} = "${a}" + "${b}";`,
    call: (n, v) => `client.${n}(${list(v, '"')});`,
    entry: (n, v) => `client.DefaultRequestHeaders.Add("${n}", "${v}");`,
    comment: (t) => `/// ${t}`,
    camel: true,
  },
  {
    path: 'app/models/client.rb',
    assign: (n, v) => `  ${n.toUpperCase()} = '${v}'.freeze`,
    fallback: (n, v) => `${n} = ENV.fetch('${n.toUpperCase()}', '${v}')`,
    joined: (n, a, b) => `${n} = '${a}' + '${b}'`,
    call: (n, v) => `client.${n}(${list(v, "'")})`,
    entry: (n, v) => `headers = { '${n}' => '${v}' }`,
    comment: (t) => `# ${t}`,
    camel: false,
  },
  {
    path: 'src/Client.php',
    assign: (n, v) => `$${n} = '${v}';`,
    fallback: (n, v) => `$${n} = getenv('${n.toUpperCase()}') ?: '${v}';`,
    joined: (n, a, b) => `$${n} = '${a}' . '${b}';`,
    call: (n, v) => `$client->${n}(${list(v, "'")});`,
    entry: (n, v) => `'${n}' => '${v}',`,
    comment: (t) => `// ${t}`,
    camel: false,
  },
  {
    path: 'src/main.rs',
    assign: (n, v) => `const ${n.toUpperCase()}: &str = "${v}";`,
    fallback: (n, v) => `let ${n} = env::var("${n.toUpperCase()}").unwrap_or_else(|_| "${v}".to_string());`,
    joined: (n, a, b) => `let ${n} = concat!("${a}", "${b}");`,
    call: (n, v) => `    client.${n}(${list(v, '"')})?;`,
    entry: (n, v) => `    .header("${n}", "${v}")`,
    comment: (t) => `/// ${t}`,
    camel: false,
  },
  {
    path: 'deploy.sh',
    assign: (n, v) => `export ${n.toUpperCase()}='${v}'`,
    fallback: (n, v) => `${n}="\${${n.toUpperCase()}:-${v}}"`,
    joined: (n, a, b) => `${n}='${a}''${b}'`,
    call: (n, v) => `tool --${n.replaceAll('_', '-')} '${v.at(-1)}'`,
    entry: (n, v) => `http POST "$URL" '${n}:${v}'`,
    comment: (t) => `# ${t}`,
    camel: false,
  },
];

const PASSWORD_NAMES = ['password', 'db_password', 'admin_pass', 'smtp_passwd', 'mysql_pwd', 'user_password'];
const KEY_NAMES = [
  'api_key', 'twilio_auth_token', 'aws_secret_access_key', 'client_secret', 'access_token', 'signing_key',
  'encryption_key', 'webhook_secret', 'jwt_secret', 'service_token',
]; // biome-ignore format: a list
const HEADERS = ['X-Api-Key', 'X-Auth-Token', 'Api-Key', 'X-Access-Token'];

/** A name as the language writes it. */
function named(spoken: Spoken, name: string): string {
  return spoken.camel ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name;
}

/** Secrets in the forms that occur in ten languages and in files of settings, `rounds` times each with other values. */
export function plantedSecrets(random: RandomValues, rounds: number): SecretCase[] {
  const cases: SecretCase[] = [];
  const add = (path: string, form: string, text: string, ...secret: string[]) =>
    cases.push({ path, form, text: `line one\n${text}\nline three\n`, secret });
  const password = () =>
    random.pick([() => random.password(10 + random.below(7)), () => random.humanPassword()])();
  const key = () =>
    random.pick([
      () => random.hex(32), () => random.hex(40), () => random.alphanumeric(24), () => random.alphanumeric(32),
      () => random.base64(30),
    ])(); // biome-ignore format: a list
  for (let round = 0; round < rounds; round++) {
    for (const spoken of SPOKEN) {
      const { path } = spoken;
      const passwordName = named(spoken, random.pick(PASSWORD_NAMES));
      const keyName = named(spoken, random.pick(KEY_NAMES));
      const put = (form: string, text: string, ...secret: string[]) => add(path, form, text, ...secret);
      let value = password();
      put('password given to a name', spoken.assign(passwordName, value), value);
      value = random.alphanumeric(10);
      put('password of ten characters', spoken.assign(passwordName, value), value);
      value = key();
      put('key given to a name', spoken.assign(keyName, value), value);
      value = random.hex(32);
      put('hexadecimal key of 32', spoken.assign(keyName, value), value);
      value = password();
      put('second to an environment variable', spoken.fallback(passwordName, value), value);
      value = key();
      put('second to an environment variable', spoken.fallback(keyName, value), value);
      value = key();
      put('entry of a table or a header', spoken.entry(random.pick(HEADERS), value), value);
      value = `${random.pick(['Bearer', 'Token'])} ${random.alphanumeric(32)}`;
      put('Authorization', spoken.entry('Authorization', value), value.split(' ')[1]!);
      value = Buffer.from(`${random.text('abcdefgh', 6)}:${password()}`).toString('base64');
      put('Authorization', spoken.entry('Authorization', `Basic ${value}`), value);
      value = random.alphanumeric(32);
      put('cookie', spoken.entry('Cookie', `theme=dark; session=${value}`), value);
      value = key();
      const setter = spoken.camel ? `set${keyName[0]!.toUpperCase()}${keyName.slice(1)}` : keyName;
      put('setter', spoken.call(setter, [value]), value);
      if (path !== 'deploy.sh') {
        value = password();
        put('login', spoken.call('login', ['deploy', value]), value);
      }
      value = random.alphanumeric(28);
      const token = `ghp_${random.alphanumeric(36)}`;
      put(
        'two literals',
        spoken.joined(keyName, value.slice(0, 14), value.slice(14)),
        value.slice(0, 14),
        value.slice(14),
      );
      if (path !== 'src/main.rs')
        put('two literals', spoken.joined('data', token.slice(0, 20), token.slice(20)), token.slice(20));
      value = Buffer.from(
        random.pick([`ghp_${random.alphanumeric(36)}`, `api_key=${random.hex(32)}`]),
      ).toString('base64');
      put('base64', spoken.assign('blob', value), value);
      value = password();
      put(
        'comment',
        spoken.comment(random.pick([`password: ${value}`, `the admin password is ${value}`])),
        value,
      );
      value = random.password(12, '!$');
      put('address', spoken.assign('url', `redis://:${value}@cache.internal:6379/0`), value);
      value = `${random.alphanumeric(5)}Test${random.alphanumeric(5)}`;
      put('address', spoken.assign('url', `postgres://app:${value}@db.internal/shop`), value);
      value = key().replace(/[+/=]/g, 'x');
      put(
        'query of an address',
        spoken.assign('url', `https://api.internal/v1?api_key=${value}&page=2`),
        value,
      );
      value = random.password(12);
      put('connection string', spoken.assign('dsn', `Driver={ODBC};Server=db;Uid=app;Pwd=${value};`), value);
      value = random.password(12);
      put(
        'connection string',
        spoken.assign('dsn', `Server=db;Database=shop;User Id=app;Password=${value};Encrypt=true`),
        value,
      );
      value = random.alphanumeric(14);
      put(
        'connection string',
        spoken.assign('dsn', `jdbc:mysql://db:3306/shop?user=app&password=${value}`),
        value,
      );
    }
    addFiles(add, random, password, key);
  }
  return cases;
}

/** Settings, queries and commands, which have no language of the ten. */
function addFiles(
  add: (path: string, form: string, text: string, ...secret: string[]) => void,
  random: RandomValues,
  password: () => string,
  key: () => string,
): void {
  for (const [path, form, text] of [
    ['config.yaml', 'settings', (v: string) => `database:\n  user: app\n  password: ${v}`],
    ['values.yaml', 'settings', (v: string) => `    db_password: "${v}"`],
    ['app.properties', 'settings', (v: string) => `spring.datasource.password=${v}`],
    ['settings.ini', 'settings', (v: string) => `[mail]\npassword = ${v}`],
    ['config.toml', 'settings', (v: string) => `db_pass = "${v}"`],
    ['appsettings.json', 'settings', (v: string) => `  "SmtpPassword": "${v}",`],
    ['pom.xml', 'XML', (v: string) => `  <password>${v}</password>`],
    ['web.config', 'XML', (v: string) => `  <add key="DbPassword" value="${v}" />`],
    ['beans.xml', 'XML', (v: string) => `  <property name="password" value="${v}"/>`],
    ['users.sql', 'SQL', (v: string) => `CREATE USER app WITH PASSWORD '${v}';`],
    ['users.sql', 'SQL', (v: string) => `CREATE USER 'app'@'%' IDENTIFIED BY '${v}';`],
    ['users.sql', 'SQL', (v: string) => `ALTER LOGIN app WITH PASSWORD = '${v}';`],
    ['Dockerfile', 'settings', (v: string) => `ENV DB_PASSWORD=${v.replace(/[#$]/g, '!')}`],
    ['README.md', 'comment', (v: string) => `Log in as admin, password: ${v}`],
  ] as const) {
    const value = path === 'Dockerfile' || path === 'settings.ini' ? random.alphanumeric(12) : password();
    add(path, form, text(value), value);
  }
  for (const [path, form, text] of [
    ['config.yaml', 'settings', (v: string) => `stripe:\n  api_key: ${v}`],
    ['app.properties', 'settings', (v: string) => `service.auth.token=${v}`],
    ['strings.xml', 'XML', (v: string) => `  <string name="maps_api_key">${v}</string>`],
    [
      'azure.json',
      'connection string',
      (v: string) =>
        `"AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${v};EndpointSuffix=core"`,
    ],
    ['main.tf', 'settings', (v: string) => `  secret_key = "${v}"`],
    ['requests.http', 'Authorization', (v: string) => `GET /orders\nAuthorization: Bearer ${v}`],
    [
      'docs/use.md',
      'Authorization',
      (v: string) => `curl -H "Authorization: Bearer ${v}" https://api.internal`,
    ],
    ['run.sh', 'settings', (v: string) => `docker run -e SERVICE_TOKEN=${v} shop`],
    ['env.py', 'environment', (v: string) => `os.environ["AWS_SECRET_ACCESS_KEY"] = "${v}"`],
    ['env.js', 'environment', (v: string) => `process.env.API_TOKEN = '${v}';`],
  ] as const) {
    const value = key();
    add(path, form, text(value), value);
  }
}
