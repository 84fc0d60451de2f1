import { dirname, join } from 'node:path/posix';
import { Multimap } from './multimap.js';

/** File names that stand for the folder they are in. */
const FOLDER_FILES = new Set(['index', '__init__', 'mod', 'package']);
/** Leading parts that name no folder: the package itself, its parent, an alias of the root. */
const ROOT_WORDS = new Set(['crate', 'self', 'super', '@', '~', '$lib', '']);
/** A folder or a name that means so many files means none of them in particular. */
const MAX_TARGETS = 60;

/** A path in parts. */
interface Place {
  path: string;
  /** The parts that name the module. */
  module: string[];
  folders: string[];
}

/**
 * Which files of a project an import means. It knows no language: a relative path is followed; any other source is
 * compared with the ends of the project's paths, so that `org.example.store.Repository`, `example.org/app/store` and
 * `crate::store::Repository` find `…/store/Repository.kt`, the folder `store` and `src/store.rs`.
 */
export class ImportTargets {
  readonly #places = new Map<string, Place>();
  readonly #byBarePath = new Multimap<string, string>();
  readonly #byLastName = new Multimap<string, Place>();
  readonly #byFolder = new Multimap<string, Place>();
  /** Answers since the last change of paths. */
  readonly #known = new Map<string, string[]>();

  add(path: string): void {
    if (this.#places.has(path)) return;
    const place = { path, module: moduleSegments(path), folders: path.split('/').slice(0, -1) };
    this.#places.set(path, place);
    for (const bare of barePaths(place)) this.#byBarePath.add(bare, path);
    this.#byLastName.add(lastNameOf(place), place);
    this.#byFolder.add(place.folders.at(-1) ?? '', place);
    this.#known.clear();
  }

  remove(path: string): void {
    const place = this.#places.get(path);
    if (place === undefined) return;
    this.#places.delete(path);
    for (const bare of barePaths(place)) this.#byBarePath.remove(bare, path);
    this.#byLastName.remove(lastNameOf(place), place);
    this.#byFolder.remove(place.folders.at(-1) ?? '', place);
    this.#known.clear();
  }

  /** The files meant by `source`, imported in the file `from`; `name` is the name it binds, null without one. */
  find(from: string, source: string, name: string | null): readonly string[] {
    const folder = folderOf(from);
    if (/^\.+(?:\/|\w|$)/.test(source)) {
      const key = `${folder}\0${source}\0${name ?? ''}`;
      return this.#once(key, () => this.#relative(folder, source, name)).filter((path) => path !== from);
    }
    const beside = source.includes('./')
      ? join(folder, source)
      : `${folder}${folder === '' ? '' : '/'}${source}`;
    if (this.#places.has(beside)) return beside === from ? [] : [beside];
    const key = `${source}\0${name ?? ''}`;
    return this.#once(key, () => this.#absolute(source, name)).filter((path) => path !== from);
  }

  #once(key: string, look: () => string[]): readonly string[] {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = look();
    this.#known.set(key, found);
    return found;
  }

  #relative(here: string, source: string, name: string | null): string[] {
    let folder = here;
    let rest = source;
    // Python's dots: one is this folder, each further one a folder above (and so are `.` and `..` alone everywhere).
    const [, dots, names] = /^(\.+)([\w.]*)$/.exec(source) ?? [];
    if (dots !== undefined && names !== undefined) {
      for (let up = 1; up < dots.length; up++) folder = dirname(folder);
      rest = names.replaceAll('.', '/');
    }
    const path = join(folder, rest);
    const bare = path.replace(/\.\w+$/, '');
    const inside = name === null ? [] : this.#at(join(path, name));
    return firstFound([inside, this.#at(path), this.#at(bare)]);
  }

  #at(path: string): string[] {
    return this.#places.has(path) ? [path] : [...this.#byBarePath.get(path)];
  }

  #absolute(source: string, name: string | null): string[] {
    const wanted = source.includes('/')
      ? moduleSegments(source).filter((part) => !ROOT_WORDS.has(part))
      : source.split(/::|[.\\]/).filter((part) => !ROOT_WORDS.has(part) && part !== '*');
    const tries: string[][] = [];
    if (name !== null && wanted.at(-1) !== name) tries.push(this.#files([...wanted, name]));
    tries.push(this.#files(wanted), this.#inFolder(wanted));
    // The last part may be a name in the file and not the file: `crate::error::Error`.
    if (wanted.length > 1) tries.push(this.#files(wanted.slice(0, -1)), this.#inFolder(wanted.slice(0, -1)));
    return firstFound(tries);
  }

  #files(wanted: readonly string[]): string[] {
    const candidates = this.#byLastName.get((wanted.at(-1) ?? '').toLowerCase());
    return best(candidates, wanted, ({ module }) => module);
  }

  #inFolder(wanted: readonly string[]): string[] {
    return best(this.#byFolder.get(wanted.at(-1) ?? ''), wanted, ({ folders }) => folders);
  }
}

/** The candidates whose last parts agree with the most of the wanted ones: two at least, or all there are. */
function best(
  candidates: readonly Place[],
  wanted: readonly string[],
  partsOf: (place: Place) => readonly string[],
): string[] {
  const least = Math.min(2, wanted.length);
  let most = least;
  let found: string[] = [];
  for (const place of candidates) {
    const own = partsOf(place);
    const agreeing = commonEnd(own, wanted);
    // A path all of whose parts agree is a match however short it is: `store` at the root of the project.
    const counts = agreeing === own.length && agreeing > 0 ? Math.max(agreeing, least) : agreeing;
    if (counts < most) continue;
    if (counts > most) found = [];
    most = counts;
    found.push(place.path);
  }
  return found.length > MAX_TARGETS ? [] : found;
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  const shorter = Math.min(a.length, b.length);
  while (count < shorter && a.at(-1 - count)?.toLowerCase() === b.at(-1 - count)?.toLowerCase()) count++;
  return count;
}

/** The folder a path is in; empty for the root. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The parts of a path that name a module: no ending, and no file name where it stands for its folder. */
function moduleSegments(path: string): string[] {
  const segments = path.replace(/\.[a-z+]{1,5}$/i, '').split('/');
  return segments.length > 1 && FOLDER_FILES.has(segments.at(-1) ?? '') ? segments.slice(0, -1) : segments;
}

/** What a relative import may call a file: its path without an ending, and its folder where it stands for that. */
function barePaths({ path, module }: Place): Set<string> {
  return new Set([path.replace(/\.\w+$/, ''), module.join('/')]);
}

function lastNameOf({ module }: Place): string {
  return (module.at(-1) ?? '').toLowerCase();
}

function firstFound(tries: readonly string[][]): string[] {
  return tries.find((found) => found.length > 0) ?? [];
}
