// Holds the house of docs/architecture.md: a room imports only from rooms above it, each native dependency is imported by
// one folder, the trainer is used through its face, no file outgrows one sitting. (That nothing writes to the console is Biome's
// noConsole, which can tell code from strings.)
// Prints each offence as `path:line: what`, exit code 1 when there is one.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOMS = {
  lora: ['weights', 'autodiff', 'transformer', 'adapter', 'train'],
  gardener: [
    'garden',
    'models',
    'codebase',
    'retrieval',
    'prompt',
    'training',
    'projects',
    'chat',
    'doctor',
    'server',
    'cli',
  ],
  web: ['api', 'design', 'code', 'shell', 'pages'],
};

// dependency -> the only place (file or folder, below packages/) that may import it
const OWNERS = {
  'onnxruntime-node': ['lora/src/autodiff/'],
  protobufjs: ['lora/src/autodiff/'],
  '@huggingface/tokenizers': ['lora/src/transformer/'],
  '@huggingface/jinja': ['lora/src/transformer/'],
  'node-llama-cpp': ['gardener/src/models/'],
  '@lancedb/lancedb': ['gardener/src/retrieval/'],
  'apache-arrow': ['gardener/src/retrieval/'],
  'web-tree-sitter': ['gardener/src/codebase/'],
  '@vscode/tree-sitter-wasm': ['gardener/src/codebase/'],
  '@cursorless/tree-sitter-wasms': ['gardener/src/codebase/'],
  hono: ['gardener/src/server/'],
  '@hono/node-server': ['gardener/src/server/'],
  '@hono/zod-openapi': ['gardener/src/server/'],
  '@modelcontextprotocol/sdk': ['gardener/src/server/'],
  'eventsource-parser': ['gardener/src/server/', 'web/src/api/'],
  commander: ['gardener/src/cli/'],
  'proper-lockfile': ['gardener/src/garden/'],
  'write-file-atomic': ['gardener/src/garden/'],
  react: ['web/src/'],
  'react-dom': ['web/src/'],
  marked: ['web/src/code/'],
  lowlight: ['web/src/code/'],
  'highlight.js': ['web/src/code/'],
  uplot: ['web/src/pages/training/'],
};

// doctor probes each native module by name in a child process of its own: no room is bypassed by that.
const OWNER_EXEMPT = ['gardener/src/doctor/probe.ts'];

// What the trainer shows: all of it, and, without loading it, how to start a process for it.
const FACES = ['@codebase-gardener/lora', '@codebase-gardener/lora/process'];

const MAX_LINES = 400;
// Tables and generated files, which are looked up and not read.
const LENGTH_EXEMPT = [
  'gardener/src/codebase/secrets/secret-rules.generated.ts',
  'web/src/api/schemas.generated.ts',
];
const FORBIDDEN_NAMES = /(^|\/)(utils?|helpers?|common|shared|manager|misc)([./]|$)/;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const packages = join(root, 'packages');
const offences = [];

for (const file of sourceFiles(packages)) checkFile(file);
for (const offence of offences.sort()) process.stdout.write(`${offence}\n`);
process.stdout.write(
  offences.length === 0 ? 'boundaries: no offence\n' : `boundaries: ${offences.length} found\n`,
);
process.exitCode = offences.length === 0 ? 0 : 1;

function checkFile(file) {
  const path = relative(packages, file).split(sep).join('/');
  const [packageName, , room] = path.split('/');
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  const isTest = /\.(test|fixture)\.tsx?$/.test(path);
  const report = (line, what) => offences.push(`packages/${path}:${line}: ${what}`);
  if (lines.length > MAX_LINES && !LENGTH_EXEMPT.includes(path))
    report(1, `${lines.length} lines, more than ${MAX_LINES}`);
  if (FORBIDDEN_NAMES.test(path))
    report(1, 'a file is named for its one idea, not utils, helpers, common, shared, manager or misc');
  for (const { specifier, line } of importsOf(text)) {
    const what = specifier.startsWith('.')
      ? crossRoomOffence(file, packageName, room, specifier)
      : dependencyOffence(path, packageName, specifier, isTest);
    if (what !== null) report(line, what);
  }
}

/** A relative import must stay in its package and point to a room above or to its own. */
function crossRoomOffence(file, packageName, room, specifier) {
  const target = relative(packages, resolve(dirname(file), specifier))
    .split(sep)
    .join('/');
  const [targetPackage, , targetRoom] = target.split('/');
  if (targetPackage && targetPackage !== packageName)
    return `reaches into packages/${targetPackage}: import its face`;
  const order = ROOMS[packageName] ?? [];
  const own = order.indexOf(room);
  const other = order.indexOf(targetRoom);
  if (own >= 0 && other > own) return `${room} imports ${targetRoom}, a room below it`;
  return null;
}

function dependencyOffence(path, packageName, specifier, isTest) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (name === '@codebase-gardener/lora' && !FACES.includes(specifier))
    return 'imports the trainer past its faces';
  if (packageName === 'lora' && name === 'codebase-gardener') return 'the trainer stands alone';
  const owners = OWNERS[name];
  if (owners === undefined || OWNER_EXEMPT.includes(path)) return null;
  if (isTest && owners.some((owner) => owner.startsWith(`${packageName}/`))) return null;
  return owners.some((owner) => path.startsWith(owner))
    ? null
    : `imports ${name}, which belongs to packages/${owners.join(', ')}`;
}

/** Static and dynamic imports, type imports, re-exports, and `new URL('./x.js', import.meta.url)`. */
function importsOf(text) {
  const patterns = [
    /^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
    /new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match[1],
      line: text.slice(0, match.index + match[0].length).split('\n').length,
    })),
  );
}

function* sourceFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (['node_modules', 'dist', 'fixtures', '__fixtures__'].includes(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.(ts|tsx)$/.test(entry.name) && path.includes(`${sep}src${sep}`)) yield path;
  }
}
