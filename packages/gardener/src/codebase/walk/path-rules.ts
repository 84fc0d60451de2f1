import { basename } from 'node:path/posix';

/** Why a file is left out by its path alone, in the order in which they are asked. */
export type PathReason = 'secret' | 'lock-file' | 'vendored' | 'minified' | 'generated';

// Files whose purpose is to hold credentials. Examples and templates of them are harmless and useful.
const SECRET =
  /^(?:\.env(?:rc|\..+)?|.+\.env|\.(?:npmrc|pypirc|netrc|git-credentials|htpasswd|dockercfg|pgpass|my\.cnf)|_netrc|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|.+\.(?:pem|key|p12|pfx|p8|ppk|jks|keystore|kdbx?|ovpn|asc|gpg|tfstate|tfvars)|(?:client_)?secrets?\.(?:ya?ml|json|toml|ini|cfg|properties)|credentials(?:\.(?:json|ya?ml|csv|ini))?|service[-_]?account.*\.json)$/i;
const SECRET_TEMPLATE = /(?:^|[._-])(?:example|sample|template|dist|defaults?|schema)(?:[._-]|$)/i;

const LOCK_FILE =
  /^(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|cargo\.lock|gemfile\.lock|composer\.lock|go\.sum|go\.work\.sum|mix\.lock|flake\.lock|pubspec\.lock|podfile\.lock|package\.resolved|gradle\.lockfile|packages\.lock\.json|\.terraform\.lock\.hcl)$/i;

// Other people's code, by the folder names of GitHub linguist's vendor.yml.
const VENDORED_FOLDER =
  /^(?:node_modules|bower_components|jspm_packages|_vendors?|(?:3rd|third)[-_]?party|site-packages|dist-packages|\.?venv|\.virtualenv|Pods|Carthage|Godeps|\.yarn|\.pnp|\.bundle|\.cargo)$/i;
// These may be words of a business too: see vendored-folders.ts.
const LIKELY_VENDORED = /^(?:vendors?|extern)$/i;

const MINIFIED = /[.-](?:min|bundle)\.(?:[cm]?js|css)$/i;
const GENERATED =
  /(?:_pb2(?:_grpc)?\.pyi?|_pb\.(?:d\.ts|[jt]s)|\.pb\.(?:go|cc|h|ts|js)|\.pb\.gw\.go|\.(?:generated|gen)\.[a-z]+|\.g\.(?:dart|cs)|\.designer\.cs|\.freezed\.dart)$/i;

// Folders no tree without git's list needs to be searched in: caches, installed packages, version control.
const PRUNED_FOLDER =
  /^(?:\.git|\.hg|\.svn|\.jj|CVS|__pycache__|\.tox|\.nox|\.mypy_cache|\.pytest_cache|\.ruff_cache|\.gradle|\.idea|\.vscode-test|\.next|\.nuxt|\.svelte-kit|\.turbo|\.parcel-cache|\.cache|\.terraform|.+\.egg-info)$/;

/** Why a file is left out by its path (relative, forward slashes), or null when its path speaks for it. */
export function reasonByPath(path: string): PathReason | null {
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  if (isSecretFile(path)) return 'secret';
  if (LOCK_FILE.test(name)) return 'lock-file';
  if (folders.some((folder) => VENDORED_FOLDER.test(folder))) return 'vendored';
  if (MINIFIED.test(name)) return 'minified';
  return GENERATED.test(name) ? 'generated' : null;
}

/** Whether a file holds credentials by its name: .env files, private keys, key stores, credential files. */
export function isSecretFile(path: string): boolean {
  const name = basename(path);
  if (SECRET.test(name)) return !SECRET_TEMPLATE.test(name);
  return /(?:^|\/)\.(?:aws|docker|kube|ssh)\/(?:credentials|config(?:\.json)?|authorized_keys)$/.test(path);
}

/** Whether a folder's name alone makes it likely that it holds others' code. */
export function isLikelyVendored(name: string): boolean {
  return LIKELY_VENDORED.test(name);
}

/** Whether a walk without git's list does not enter a folder of this name, and whether it is others' code. */
export function prunedFolder(name: string): 'vendored' | 'ignored' | null {
  if (PRUNED_FOLDER.test(name)) return 'ignored';
  return VENDORED_FOLDER.test(name) ? 'vendored' : null;
}
