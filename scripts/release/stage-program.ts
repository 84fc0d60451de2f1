import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LANGUAGES } from '../../packages/gardener/src/codebase/languages/language-table.js';
import { bundleProgram, modulesOfWeb } from './bundle-program.js';
import { packageFolder } from './collect-native-parts.js';
import { repository } from './repository.js';
import { licenceText, type ThirdParty, thirdParties } from './third-party.js';

const ENGINES = join('engines', 'python');
const gardener = join(repository, 'packages', 'gardener');

/** What of package.json goes along: nothing is installed beside it and no script is run. */
export interface Manifest {
  name: string;
  version: string;
  [key: string]: unknown;
}

/**
 * Lays out what is the same on every platform: the bundled program, the web UI, grammars, licences.
 * @param folder becomes the folder of the package, but for package.json and native/
 * @returns the packages of others that are in it or in native parts
 * @throws Error where the web UI has not been built
 */
export async function stageProgram(folder: string): Promise<ThirdParty[]> {
  const web = join(gardener, 'dist', 'web');
  if (!existsSync(join(web, 'index.html'))) throw new Error(`${web} is missing: npm run build makes it`);
  const dist = join(folder, 'dist');
  const modules = await bundleProgram(dist);
  cpSync(web, join(dist, 'web'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  copyFileSync(
    join(packageFolder('web-tree-sitter'), 'web-tree-sitter.wasm'),
    join(dist, 'web-tree-sitter.wasm'),
  );
  stageGrammars(join(dist, 'grammars'));
  stageEngines(join(folder, ENGINES));
  mkdirSync(join(folder, 'bin'));
  const bin = join(folder, 'bin', 'gardener.js');
  writeFileSync(bin, "#!/usr/bin/env node\nimport '../dist/main.js';\n");
  chmodSync(bin, 0o755);
  for (const name of ['README.md', 'LICENSE']) copyFileSync(join(repository, name), join(folder, name));
  copyFileSync(join(gardener, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'));
  const packages = thirdParties([...modules, ...(await modulesOfWeb())]);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licenceText(packages));
  // LanceDB names the licences of what is compiled into it in two files of its own.
  const lancedb = packageFolder('@lancedb/lancedb');
  for (const name of ['RUST_THIRD_PARTY_LICENSES.html', 'NODEJS_THIRD_PARTY_LICENSES.md']) {
    copyFileSync(join(lancedb, name), join(folder, `LANCEDB_${name}`));
  }
  return packages;
}

/** The engines in Python run from their sources, in an environment that `gardener doctor --install` makes. */
function stageEngines(folder: string): void {
  for (const name of ['src', 'requirements', 'pyproject.toml', 'README.md']) {
    cpSync(join(repository, ENGINES, name), join(folder, name), {
      recursive: true,
      filter: (path) => !/__pycache__|\.egg-info/.test(path),
    });
  }
}

function stageGrammars(folder: string): void {
  mkdirSync(folder);
  for (const { reader } of LANGUAGES) {
    if (!('grammar' in reader)) continue;
    const [, name = '', path = ''] = /^(@[^/]+\/[^/]+)\/(.*)$/.exec(reader.grammar) ?? [];
    const wasm = readFileSync(join(packageFolder(name), path));
    writeFileSync(join(folder, `${basename(path)}.gz`), gzipSync(wasm, { level: 9 }));
  }
}

/** The manifest of the package, with `more` added. */
export function stageManifest(folder: string, more: Record<string, unknown>): Manifest {
  const {
    dependencies: _,
    devDependencies: __,
    files: ___,
    ...manifest
  } = JSON.parse(readFileSync(join(gardener, 'package.json'), 'utf8')) as Manifest;
  const written = { ...manifest, ...more };
  mkdirSync(dirname(join(folder, 'package.json')), { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(written, null, 2)}\n`);
  return written;
}
