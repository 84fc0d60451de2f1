// Fuzzes the HTTP interface from its own OpenAPI document: starts the built server over a small project of its own and
// lets schemathesis (PyPI) send what fits the document and what does not. Fails on any answer that is a server error
// or does not fit the document.
//   node scripts/fuzz-api.mjs <schemathesis command> [seconds]
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [schemathesis = 'schemathesis', seconds = '45'] = process.argv.slice(2);
const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const gardener = join(repository, 'packages/gardener/bin/gardener.js');
const models =
  process.env.CODEBASE_GARDENER_TEST_MODELS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'codebase-gardener-test-models');

// Not fuzzed: what never ends, what starts a process for each module, and what takes the ground away from the others.
const EXCLUDED = ['/api/events', '/api/doctor'];
const EXCLUDED_OPERATIONS = ['DELETE /api/projects/{project}', 'DELETE /api/models/{model}'];

const root = mkdtempSync(join(tmpdir(), 'gardener-fuzz-'));
const environment = {
  ...process.env,
  CODEBASE_GARDENER_DATA_DIR: join(root, 'data'),
  CODEBASE_GARDENER_THREADS: '1',
  NO_COLOR: '1',
};
let server = null;
try {
  process.exitCode = await tryServer();
} finally {
  if (server !== null) await ended(server);
  rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function tryServer() {
  const code = join(root, 'shop');
  mkdirSync(code);
  writeFileSync(
    join(code, 'slug.ts'),
    'export function slugify(title: string) {\n  return title.toLowerCase();\n}\n',
  );
  if (existsSync(join(models, 'base_models'))) {
    cpSync(join(models, 'base_models'), join(root, 'data/base_models'), { recursive: true });
  }
  const added = spawnSync(process.execPath, [gardener, 'add', code, '--no-train', '--wait'], {
    env: environment,
  });
  if (added.status !== 0) throw new Error(`gardener add failed: ${added.stderr}`);
  const url = await startServer();
  const config = join(root, 'schemathesis.toml');
  writeFileSync(config, configuration());
  let outcome = fuzz(url, config);
  if (outcome === 'its own fault') {
    process.stdout.write('schemathesis failed at making data, the server at nothing: once more\n');
    outcome = fuzz(url, config);
  }
  // It is still there, and well.
  const health = await (await fetch(`${url}/health`)).json();
  process.stdout.write(`health afterwards: ${health.status}\n`);
  return outcome === 'passed' && health.components.index.state === 'ok' ? 0 : 1;
}

/**
 * Runs schemathesis once. What it meets while it makes data of its own (Python 3.11's parser loses count of its depth
 * now and then) is not the server's doing: `its own fault`, where nothing else was found.
 */
function fuzz(url, config) {
  const { status, stdout } = spawnSync(
    schemathesis,
    [
      ...['--config-file', config, 'run', `${url}/api/openapi.json`, '--url', url],
      ...[
        '--checks',
        'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
      ],
      ...[
        '--phases',
        'examples,coverage,fuzzing',
        '--max-time',
        seconds,
        // A completion of some thousand tokens, asked for by chance behind another, takes a minute on a laptop.
        '--request-timeout',
        '180',
        // Python 3.11's parser counts its depth for all threads at once: two workers that describe a lambda of the data
        // at the same moment fail at making data.
        '--workers',
        '1',
      ],
      ...['--continue-on-failure', '--suppress-health-check', 'all', '--warnings', 'off', '--no-color'],
      ...EXCLUDED.flatMap((path) => ['--exclude-path', path]),
      ...EXCLUDED_OPERATIONS.flatMap((name) => ['--exclude-name', name]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 },
  );
  process.stdout.write(stdout);
  if (status === 0) return 'passed';
  const findings = /^=+ FAILURES =+$/m.test(stdout);
  return !findings && stdout.includes('AST constructor recursion depth mismatch')
    ? 'its own fault'
    : 'failed';
}

/** The project that is there: behind an unknown one little would be tried. */
function configuration() {
  return '[parameters]\n"path.project" = "shop"\n';
}

function startServer() {
  server = spawn(process.execPath, [gardener, 'serve', '--port', '0', '--json'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    server.once('exit', (code) => reject(new Error(`gardener serve ended with ${code}`)));
    server.stdout.on('data', (data) => {
      text += data;
      const url = /"url": "([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

async function ended(child) {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}
