// Prints `path:line: <columns> columns` for each line of a comment or docstring that is longer than 120 columns, in
// every .ts, .tsx, .mjs and .py file that git knows. Exit code 1 when there is one. Strings and code are the
// formatter's affair.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const MAX_COLUMNS = 120;
const EXTENSIONS = ['*.ts', '*.tsx', '*.mjs', '*.py'];
// Samples of other people's code, and files that a program writes.
const EXEMPT = /(^|\/)fixtures\/|\.generated\.ts$/;
// What must not be wrapped: an instruction to a tool, and a line that is one word, such as an address.
const ONE_LINE = /^\s*(?:\/\/|#|\*|\/\*\*?)?\s*(?:biome-ignore\b.*|@ts-\w+.*|\S+)\s*(?:\*\/)?$/;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const listed = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...EXTENSIONS],
  {
    cwd: root,
    encoding: 'utf8',
  },
);
const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '' && !EXEMPT.test(path)).sort();
let found = 0;
for (const path of paths) {
  const file = resolve(root, path);
  if (!existsSync(file)) continue;
  for (const { line, columns } of longCommentLines(path, readFileSync(file, 'utf8'))) {
    process.stdout.write(`${path}:${line}: ${columns} columns\n`);
    found++;
  }
}
process.stdout.write(
  found === 0 ? 'comments: no line is too long\n' : `comments: ${found} lines are too long\n`,
);
process.exitCode = found === 0 ? 0 : 1;

function longCommentLines(path, text) {
  const long = text
    .split('\n')
    .map((content, index) => ({ content, line: index + 1, columns: [...content.trimEnd()].length }))
    .filter(({ content, columns }) => columns > MAX_COLUMNS && !ONE_LINE.test(content));
  // Most files have none: they need not be parsed.
  if (long.length === 0) return [];
  const commented = linesOf(text, path.endsWith('.py') ? pythonComments(text) : scriptComments(path, text));
  return long.filter(({ line }) => commented.has(line));
}

/** The numbers of the lines that these ranges of a text touch. */
function linesOf(text, ranges) {
  const lines = new Set();
  for (const { pos, end } of ranges) {
    const first = text.slice(0, pos).split('\n').length;
    const count = text.slice(pos, end).split('\n').length;
    for (let line = first; line < first + count; line++) lines.add(line);
  }
  return lines;
}

/** The comments of a TypeScript or JavaScript text: what lies before each token and is no space. */
function scriptComments(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const ranges = [];
  const visit = (node) => {
    const children = node.getChildren(source);
    for (const child of children) visit(child);
    // What looks like a comment in JSX text is text.
    if (children.length > 0 || node.kind === ts.SyntaxKind.JsxText) return;
    ranges.push(...(ts.getLeadingCommentRanges(text, node.pos) ?? []));
    ranges.push(...(ts.getTrailingCommentRanges(text, node.pos) ?? []));
  };
  visit(source);
  return ranges;
}

/** The comments of a Python text, and its docstrings: strings in triple quotes that begin a line. */
function pythonComments(text) {
  const tokens =
    /(?<docstring>(?<=^[ \t]*)(?:""".*?"""|'''.*?'''))|(?<comment>#[^\n]*)|""".*?"""|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gms;
  return [...text.matchAll(tokens)]
    .filter(({ groups }) => groups.docstring !== undefined || groups.comment !== undefined)
    .map(({ index, 0: token }) => ({ pos: index, end: index + token.length }));
}
