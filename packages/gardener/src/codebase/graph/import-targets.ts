import { dirname, join } from 'node:path/posix';
import { present } from '../../garden/errors/present.js';

/** File names that stand for the folder they are in. */
const FOLDER_FILES = new Set(['index', '__init__', 'mod', 'package']);
/** Leading parts that name no folder: the package itself, its parent, an alias of the root. */
const ROOT_WORDS = new Set(['crate', 'self', 'super', '@', '~', '$lib', '']);
/** A folder or a name that means so many files means none of them in particular. */
const MAX_TARGETS = 60;

/**
 * Which files of a project an import means. It knows no language: a relative path is followed; any other source is
 * compared with the ends of the project's paths, so that `org.example.store.Repository`, `example.org/app/store` and
 * `crate::store::Repository` find `…/store/Repository.kt`, the folder `store` and `src/store.rs`.
 */
export class ImportTargets {
  private readonly byExactPath = new Map<string, number>();
  private readonly byBarePath = new Map<string, number[]>();
  private readonly byLastName = new Map<string, number[]>();
  private readonly byFolder = new Map<string, number[]>();
  private readonly segments: string[][] = [];
  private readonly folders: string[][] = [];
  private readonly known = new Map<string, number[]>();

  constructor(private readonly paths: readonly string[]) {
    for (const [file, path] of paths.entries()) {
      const segments = moduleSegments(path);
      this.byExactPath.set(path, file);
      push(this.byBarePath, path.replace(/\.\w+$/, ''), file);
      push(this.byBarePath, segments.join('/'), file);
      push(this.byLastName, (segments.at(-1) ?? '').toLowerCase(), file);
      const folders = path.split('/').slice(0, -1);
      push(this.byFolder, folders.at(-1) ?? '', file);
      this.segments.push(segments);
      this.folders.push(folders);
    }
  }

  /** The files meant by `source`, imported in the file `from`; `name` is the name it binds, null without one. */
  find(from: number, source: string, name: string | null): number[] {
    const isRelative = /^\.+(?:\/|\w|$)/.test(source);
    const where = isRelative || source.includes('.') ? this.folderOf(from) : '';
    const key = `${where}\0${source}\0${name ?? ''}`;
    let found = this.known.get(key);
    if (found === undefined) {
      found = (isRelative ? this.relative(from, source, name) : this.absolute(from, source, name)).filter(
        (file) => file !== from,
      );
      this.known.set(key, found);
    }
    return found;
  }

  private relative(from: number, source: string, name: string | null): number[] {
    let folder = this.folderOf(from);
    let rest = source;
    // Python's dots: one is this folder, each further one a folder above (and so are `.` and `..` alone everywhere).
    const [, dots, names] = /^(\.+)([\w.]*)$/.exec(source) ?? [];
    if (dots !== undefined && names !== undefined) {
      for (let up = 1; up < dots.length; up++) folder = dirname(folder);
      rest = names.replaceAll('.', '/');
    }
    const path = join(folder, rest);
    const bare = path.replace(/\.\w+$/, '');
    const inside = name === null ? [] : this.at(join(path, name));
    return firstFound([inside, this.at(path), this.at(bare)]);
  }

  private folderOf(file: number): string {
    return dirname(present(this.paths[file]));
  }

  private at(path: string): number[] {
    const exact = this.byExactPath.get(path);
    return exact !== undefined ? [exact] : (this.byBarePath.get(path) ?? []);
  }

  private absolute(from: number, source: string, name: string | null): number[] {
    const beside = this.byExactPath.get(join(this.folderOf(from), source));
    if (beside !== undefined) return [beside];
    const wanted = source.includes('/')
      ? moduleSegments(source).filter((part) => !ROOT_WORDS.has(part))
      : source.split(/::|[.\\]/).filter((part) => !ROOT_WORDS.has(part) && part !== '*');
    const tries: number[][] = [];
    if (name !== null && wanted.at(-1) !== name) tries.push(this.files([...wanted, name]));
    tries.push(this.files(wanted), this.inFolder(wanted));
    // The last part may be a name in the file and not the file: `crate::error::Error`.
    if (wanted.length > 1) tries.push(this.files(wanted.slice(0, -1)), this.inFolder(wanted.slice(0, -1)));
    return firstFound(tries);
  }

  private files(wanted: readonly string[]): number[] {
    const candidates = this.byLastName.get((wanted.at(-1) ?? '').toLowerCase()) ?? [];
    return best(candidates, wanted, this.segments);
  }

  private inFolder(wanted: readonly string[]): number[] {
    return best(this.byFolder.get(wanted.at(-1) ?? '') ?? [], wanted, this.folders);
  }
}

/** The candidates whose last parts agree with the most of the wanted ones: two at least, or all there are. */
function best(
  candidates: readonly number[],
  wanted: readonly string[],
  parts: readonly string[][],
): number[] {
  let most = Math.min(2, wanted.length);
  let found: number[] = [];
  for (const file of candidates) {
    const own = present(parts[file]);
    const agreeing = commonEnd(own, wanted);
    // A path all of whose parts agree is a match however short it is: `store` at the root of the project.
    const counts = agreeing === own.length && agreeing > 0 ? Math.max(agreeing, most) : agreeing;
    if (counts < most) continue;
    if (counts > most) found = [];
    most = counts;
    found.push(file);
  }
  return found.length > MAX_TARGETS ? [] : found;
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  const shorter = Math.min(a.length, b.length);
  while (count < shorter && a.at(-1 - count)?.toLowerCase() === b.at(-1 - count)?.toLowerCase()) count++;
  return count;
}

/** The parts of a path that name a module: no ending, and no file name where it stands for its folder. */
function moduleSegments(path: string): string[] {
  const segments = path.replace(/\.[a-z+]{1,5}$/i, '').split('/');
  return segments.length > 1 && FOLDER_FILES.has(segments.at(-1) ?? '') ? segments.slice(0, -1) : segments;
}

function firstFound(tries: readonly number[][]): number[] {
  return tries.find((found) => found.length > 0) ?? [];
}

function push(map: Map<string, number[]>, key: string, value: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else if (known.at(-1) !== value) known.push(value);
}
