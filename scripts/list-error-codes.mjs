// docs/errors.md lists every error code of the sources: what it says and what to do.
//   node scripts/list-error-codes.mjs           fails when the page misses a code or names one that is gone
//   node scripts/list-error-codes.mjs --write   writes the page from the sources
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs', 'errors.md');
// Written by hand, by symptom: what it says of a code must be about one that exists.
const guide = join(root, 'docs', 'troubleshooting.md');
const ROOMS = [
  ...['weights', 'gguf', 'safetensors', 'autodiff', 'transformer', 'adapter', 'train', 'lora'],
  ...['garden', 'models', 'codebase', 'retrieval', 'prompt', 'training', 'chat', 'server', 'cli'],
];
const CODE = new RegExp(`^(?:${ROOMS.join('|')})\\.[a-z0-9]+(?:-[a-z0-9]+)*$`);
const FILE_NAME = /\.(js|json|ts|tsx|gguf|safetensors|md|jsonl|log|bin)$/;
// Names of settings that an error message points to, and a key of the GGUF format.
const NOT_CODES = new Set(['adapter.alpha', 'adapter.dropout', 'adapter.rank', 'adapter.type']);

const found = new Map();
for (const folder of ['packages/lora/src', 'packages/gardener/src', 'scripts/release/packed']) {
  for (const file of sources(join(root, folder))) collect(file);
}
const expected = render();

if (process.argv.includes('--write')) {
  writeFileSync(page, expected);
  process.stdout.write(`docs/errors.md: ${found.size} codes\n`);
} else {
  const documented = new Set(
    existsSync(page)
      ? [...readFileSync(page, 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1])
      : [],
  );
  const missing = [...found.keys()].filter((code) => !documented.has(code));
  const gone = [...documented].filter((code) => !found.has(code));
  for (const code of missing) process.stdout.write(`docs/errors.md does not list ${code}\n`);
  for (const code of gone) process.stdout.write(`docs/errors.md lists ${code}, which no source throws\n`);
  const guided = [...readFileSync(guide, 'utf8').matchAll(/`([a-z]+\.[a-z0-9-]+)`/g)].map(
    (match) => match[1],
  );
  const unknown = guided.filter((code) => isCode(code) && !found.has(code));
  for (const code of unknown)
    process.stdout.write(`docs/troubleshooting.md names ${code}, which no source throws\n`);
  if (unknown.length > 0) process.exitCode = 1;
  if (missing.length + gone.length > 0) {
    process.stdout.write('try: node scripts/list-error-codes.mjs --write\n');
    process.exitCode = 1;
  } else process.stdout.write(`error codes: all ${found.size} documented\n`);
}

/** Every string literal that looks like a code; where it begins an error's arguments, also its sentence and remedy. */
function collect(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    if (ts.isStringLiteralLike(node) && isCode(node.text)) {
      const row = found.get(node.text) ?? { message: '', remedy: '' };
      const { message, remedy } = sentences(node, source);
      row.message ||= message;
      row.remedy ||= remedy;
      found.set(node.text, row);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function isCode(text) {
  return CODE.test(text) && !FILE_NAME.test(text) && !NOT_CODES.has(text);
}

/**
 * The sentence and the remedy that stand beside a code: `new SomeError(code, message, {remedy})`
 * or `{code, message, remedy}`.
 */
function sentences(literal, source) {
  const parent = literal.parent;
  if ((ts.isNewExpression(parent) || ts.isCallExpression(parent)) && parent.arguments?.[0] === literal) {
    const options = parent.arguments.slice(1).find((argument) => ts.isObjectLiteralExpression(argument));
    return {
      message: prose(parent.arguments[1], source),
      remedy: options ? property(options, 'remedy', source) : '',
    };
  }
  const object = parent?.parent;
  if (ts.isPropertyAssignment(parent) && ts.isObjectLiteralExpression(object)) {
    return { message: property(object, 'message', source), remedy: property(object, 'remedy', source) };
  }
  return ts.isArrayLiteralExpression(parent) && parent.elements[0] === literal
    ? { message: prose(parent.elements[1], source), remedy: prose(parent.elements[2], source) }
    : { message: '', remedy: '' };
}

function property(object, name, source) {
  const found = object.properties.find((member) => member.name?.getText(source) === name);
  return found !== undefined && ts.isPropertyAssignment(found) ? prose(found.initializer, source) : '';
}

/** The fixed words of an expression; what is filled in at run time becomes `…`. */
function prose(node, source) {
  if (node === undefined) return '';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
  }
  if (ts.isBinaryExpression(node)) return prose(node.left, source) + prose(node.right, source);
  if (ts.isConditionalExpression(node)) return prose(node.whenTrue, source) || prose(node.whenFalse, source);
  return '';
}

function render() {
  const cell = (text) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim() || '(depends on the cause)';
  const rows = [...found].sort(([a], [b]) => a.localeCompare(b, 'en'));
  const lines = rows.map(([code, row]) => `| \`${code}\` | ${cell(row.message)} | ${cell(row.remedy)} |`);
  return `# Error codes

By symptom: [troubleshooting.md](troubleshooting.md). Every failure carries a stable code, one plain sentence and a remedy. The command line prints the last two as \`error: …\` and
\`try: …\` on stderr, and with \`--json\` all three as \`{"error": {"code", "message", "remedy"}}\` on stdout. \`…\` stands for what
is filled in. Written by \`node scripts/list-error-codes.mjs --write\`; \`npm run check\` fails when it is stale.

| Code | Says | Remedy |
| --- | --- | --- |
${lines.join('\n')}
`;
}

function* sources(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(entry.name)) yield path;
  }
}
