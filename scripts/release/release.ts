// npm run release -- --dry-run [--to FOLDER]: makes all files of a release on this machine, by default in release/:
//   codebase-gardener-<version>-<platform>.tgz   each platform's, whole: npm install -g <it>
//   registry/                                    the same in parts for a registry: the program, and native parts as
//                                                optional packages of it
//   codebase-gardener-<version>.cdx.json         software bill of materials, CycloneDX
//   THIRD-PARTY-LICENSES.txt, SHA256SUMS
// Nothing is published: that is `npm publish` of registry/*.tgz, native parts first, by hand.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { billOfMaterials } from './bill-of-materials.js';
import { checkNativeParts } from './check-contents.js';
import { collectNativeParts } from './collect-native-parts.js';
import { makeTarball, type Tarball } from './make-tarball.js';
import { nativePackage, onlyOn, PLATFORMS, type Platform } from './platforms.js';
import { repository } from './repository.js';
import { stageManifest, stageProgram } from './stage-program.js';

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, to: { type: 'string' } } });
if (values['dry-run'] !== true) {
  process.stderr.write('error: publishing is done by hand.\ntry: npm run release -- --dry-run\n');
  process.exit(2);
}
const target =
  values.to === undefined ? join(repository, 'release') : resolve(process.env.INIT_CWD ?? '.', values.to);
const registry = join(target, 'registry');
rmSync(target, { recursive: true, force: true });
mkdirSync(registry, { recursive: true });

const stage = mkdtempSync(join(tmpdir(), 'gardener-release-'));
process.once('exit', () => rmSync(stage, { recursive: true, force: true }));
const program = join(stage, 'program');
mkdirSync(program);
const packages = await stageProgram(program);
const { name, version } = stageManifest(program, {});

for (const platform of PLATFORMS) {
  const native = join(stage, platform.id);
  collectNativeParts(platform, native);
  const problems = checkNativeParts(native, platform);
  if (problems.length > 0) {
    process.stderr.write(`error: ${platform.id}: ${problems.join(' ')}\ntry: npm ci\n`);
    process.exit(1);
  }
  tell(platform.id, wholeTarball(platform, native));
  tell(nativePackage(platform), partTarball(platform, native));
}
stageManifest(program, {
  optionalDependencies: Object.fromEntries(PLATFORMS.map((one) => [nativePackage(one), version])),
});
tell(name, makeTarball(program, registry));

writeFileSync(
  join(target, `${name}-${version}.cdx.json`),
  `${JSON.stringify(billOfMaterials(packages, version), null, 2)}\n`,
);
copyFileSync(join(program, 'THIRD-PARTY-LICENSES.txt'), join(target, 'THIRD-PARTY-LICENSES.txt'));
writeSums();
process.stdout.write(`${packages.length} packages of others; ${target}\n`);

/** Program and native parts in one: nothing is fetched when it is installed. */
function wholeTarball(platform: Platform, native: string): Tarball {
  const along = join(program, 'native');
  cpSync(native, join(along, platform.id), { recursive: true });
  stageManifest(program, onlyOn(platform));
  const tarball = makeTarball(program, target, `${name}-${version}-${platform.id}.tgz`);
  rmSync(along, { recursive: true });
  return tarball;
}

/** The native parts as a package of their own. */
function partTarball(platform: Platform, native: string): Tarball {
  stageManifest(native, {
    name: nativePackage(platform),
    description: `The native parts of Codebase Gardener for ${platform.id}.`,
    bin: undefined,
    type: undefined,
    ...onlyOn(platform),
  });
  for (const file of readdirSync(program)) {
    if (/LICENSE/.test(file)) copyFileSync(join(program, file), join(native, file));
  }
  return makeTarball(native, registry);
}

function tell(what: string, { packedBytes, unpackedBytes }: Tarball): void {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  process.stdout.write(
    `${what}: contents right; ${megabytes(packedBytes)}, installed ${megabytes(unpackedBytes)}\n`,
  );
}

/** In the form of `sha256sum --check`. */
function writeSums(): void {
  const files = readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(target.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
  const lines = files.map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(target, file)))
        .digest('hex')}  ${file}\n`,
  );
  writeFileSync(join(target, 'SHA256SUMS'), lines.join(''));
}
