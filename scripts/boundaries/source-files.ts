import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** One import of a source file. */
export interface Import {
  /** As it is written: `./session.js`, `hono`. */
  specifier: string;
  /** 1-based. */
  line: number;
  /** The file below packages/ that a relative specifier means, with `/` between its parts; null for a dependency. */
  target: string | null;
  /** False for `new URL('./x-child.js', import.meta.url)`, which names a file without loading it. */
  loads: boolean;
}

/** A TypeScript source of a workspace, tests and fixtures included. */
export interface SourceFile {
  /** Below packages/, with `/` between its parts: `lora/src/train/train.ts`. */
  path: string;
  lines: readonly string[];
  imports: readonly Import[];
  isTest: boolean;
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'fixtures', '__fixtures__']);
const SOURCE = /\.tsx?$/;
const TEST = /\.(test|fixture)\.tsx?$/;
const IMPORTS: readonly { pattern: RegExp; loads: boolean }[] = [
  { pattern: /^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]/gm, loads: true },
  { pattern: /^\s*import\s*['"]([^'"]+)['"]/gm, loads: true },
  { pattern: /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g, loads: true },
  { pattern: /new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g, loads: false },
];

/**
 * The sources of every workspace, sorted by path.
 * @param packages folder of the workspaces
 */
export function readSourceFiles(packages: string): SourceFile[] {
  const files: SourceFile[] = [];
  for (const file of filesBelow(packages)) {
    const path = relative(packages, file).split(sep).join('/');
    if (path.split('/')[1] !== 'src') continue;
    const text = readFileSync(file, 'utf8');
    files.push({
      path,
      lines: text.split('\n'),
      imports: importsOf(text).map(({ specifier, ...rest }) => ({
        specifier,
        ...rest,
        target: specifier.startsWith('.') ? targetOf(packages, path, specifier) : null,
      })),
      isTest: TEST.test(path),
    });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Static and dynamic imports, type imports, re-exports, and `new URL('./x.js', import.meta.url)`. */
function importsOf(text: string): Omit<Import, 'target'>[] {
  return IMPORTS.flatMap(({ pattern, loads }) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match[1] ?? '',
      line: text.slice(0, match.index + match[0].length).split('\n').length,
      loads,
    })),
  );
}

/** A specifier names the compiled file, or, in the web UI, leaves the ending out. */
function targetOf(packages: string, from: string, specifier: string): string {
  const target = relative(packages, resolve(packages, dirname(from), specifier))
    .split(sep)
    .join('/');
  const bare = target.replace(/\.js$/, '');
  const found = [target, `${bare}.ts`, `${bare}.tsx`].find(
    (path) => SOURCE.test(path) && existsSync(join(packages, path)),
  );
  return found ?? target;
}

function* filesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (SKIPPED_FOLDERS.has(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (SOURCE.test(entry.name)) yield path;
  }
}
