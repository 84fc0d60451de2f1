import { type Capture, type CaptureGroup, within } from './captures.js';
import type { ImportedName } from './code-structure.js';

/**
 * The names that import statements bind, each with its source; a statement that binds none gives
 * one entry whose name is null.
 */
export function readImports(
  text: string,
  groups: readonly CaptureGroup[],
  named: (name: string) => Capture[],
): ImportedName[] {
  const sources = named('import.source');
  const names = named('import.name');
  const own = ownSources(groups);
  const slice = ({ startIndex, endIndex }: Capture) => text.slice(startIndex, endIndex).trim();
  const found = new Map<string, ImportedName>();
  const add = (name: string | null, source: string, line: number) =>
    found.set(`${line}:${name ?? source}`, { name, source, line });
  for (const statement of named('import')) {
    const bound = within(names, statement);
    const inside = within(sources, statement);
    const paths = within(named('import.path'), statement);
    const shared = sharedSource(text, inside);
    const claimed = new Set(paths.map(({ id }) => id));
    for (const capture of bound) {
      const source = own.get(capture.id);
      if (source !== undefined) claimed.add(source.id);
      add(slice(capture), source === undefined ? shared : unquoted(slice(source)), capture.startLine);
    }
    for (const path of paths) {
      const written = unquoted(slice(path));
      add(lastSegment(written), written, path.startLine);
    }
    if (claimed.size > 0) {
      const rest = inside.filter(({ id }) => !claimed.has(id));
      for (const source of rest) add(null, unquoted(slice(source)), source.startLine);
    } else if (bound.length === 0) add(null, shared, statement.startLine);
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

/** `import a, b` binds each name from a source of its own; other statements have one source for all. */
function ownSources(groups: readonly CaptureGroup[]): Map<number, Capture> {
  const own = new Map<number, Capture>();
  for (const group of groups) {
    const name = group.find((capture) => capture.name === 'import.name');
    const source = group.find((capture) => capture.name === 'import.source');
    if (name !== undefined && source !== undefined) own.set(name.id, source);
  }
  return own;
}

/** A source may be captured in parts, which stand side by side: `scala.collection.mutable`. */
function sharedSource(text: string, sources: readonly Capture[]): string {
  const first = sources[0];
  const last = sources.at(-1);
  if (first === undefined || last === undefined) return '';
  const whole = text.slice(first.startIndex, last.endIndex);
  return /^[\w.]+$/.test(whole) ? whole : unquoted(text.slice(first.startIndex, first.endIndex).trim());
}

function unquoted(source: string): string {
  return source.replace(/^['"`<]|['"`>]$/g, '');
}

/** What Go binds for a path: its last segment, a version left out. */
function lastSegment(path: string): string {
  const [last = path, before = last] = path
    .split('/')
    .filter((segment) => segment !== '')
    .reverse();
  return /^v\d+$/.test(last) ? before : last;
}
