import { dirname } from 'node:path/posix';
import { isLikelyVendored } from './path-rules.js';

// Package managers that keep others' code in a folder `vendor` beside their manifest.
const MANIFESTS = [
  'go.mod',
  'composer.json',
  'Gemfile',
  'Cargo.toml',
  'package.json',
  'bower.json',
  'glide.yaml',
  'Gopkg.toml',
];
// What a package brings along, and what a package manager writes beside packages.
const OF_A_PACKAGE =
  /^(?:licen[cs]e|copying|notice)(?:[.-]\w+)?$|^(?:package|bower|composer|\.cargo-checksum)\.json$|^(?:modules\.txt|autoload\.php|Cargo\.toml|setup\.py|PKG-INFO)$/i;

/**
 * Which folders called `vendor`, `vendors` or `extern` hold other people's code: one called `vendor` at the top or
 * beside a
 * manifest, and any with a licence or a manifest inside. Elsewhere the name may be a word of the business.
 */
export class VendoredFolders {
  private readonly vendored = new Set<string>();

  /** @param paths of the whole codebase, relative to its root */
  constructor(paths: readonly string[]) {
    const all = new Set(paths);
    for (const path of paths) {
      for (const folder of likelyFolders(path)) {
        if (this.vendored.has(folder)) continue;
        const name = path.slice(path.lastIndexOf('/') + 1);
        if (OF_A_PACKAGE.test(name) || isBesideManifest(folder, (beside) => all.has(beside)))
          this.vendored.add(folder);
      }
    }
  }

  /** Whether a file lies in one of them. */
  holds(path: string): boolean {
    return likelyFolders(path).some((folder) => this.vendored.has(folder));
  }
}

/** Whether a folder by its name and what stands beside it holds others' code. */
export function isBesideManifest(folder: string, exists: (path: string) => boolean): boolean {
  const above = dirname(folder);
  if (!/(?:^|\/)vendor$/i.test(folder)) return false;
  return above === '.' || MANIFESTS.some((manifest) => exists(`${above}/${manifest}`));
}

function likelyFolders(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    if (isLikelyVendored(path.slice(path.lastIndexOf('/', end - 1) + 1, end)))
      folders.push(path.slice(0, end));
  }
  return folders;
}
