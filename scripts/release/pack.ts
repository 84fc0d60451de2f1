// npm run pack [-- --to FOLDER] [--platform linux-x64]: makes codebase-gardener-<version>.tgz, all that a user installs
// on one platform (by default this one), into dist/ of this repository: `npm install -g <it>`.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkNativeParts } from './check-contents.js';
import { collectNativeParts } from './collect-native-parts.js';
import { makeTarball } from './make-tarball.js';
import { onlyOn, PLATFORMS } from './platforms.js';
import { repository } from './repository.js';
import { stageManifest, stageProgram } from './stage-program.js';

const { values } = parseArgs({
  options: { to: { type: 'string' }, platform: { type: 'string' } },
});
const id = values.platform ?? `${process.platform}-${process.arch}`;
const platform = PLATFORMS.find((one) => one.id === id);
if (platform === undefined)
  fail(`there is no build for ${id}`, `One of ${PLATFORMS.map((p) => p.id).join(', ')}.`);
const target =
  values.to === undefined ? join(repository, 'dist') : resolve(process.env.INIT_CWD ?? '.', values.to);
if (!existsSync(join(repository, 'packages', 'gardener', 'dist', 'web', 'index.html'))) {
  fail('the web UI has not been built', 'npm run build');
}

const stage = mkdtempSync(join(tmpdir(), 'gardener-pack-'));
process.once('exit', () => rmSync(stage, { recursive: true, force: true }));
await stageProgram(stage);
const native = join(stage, 'native', platform.id);
collectNativeParts(platform, native);
const problems = checkNativeParts(native, platform);
if (problems.length > 0) fail(problems.join(' '), 'npm ci');
stageManifest(stage, onlyOn(platform));
const { path, packedBytes, unpackedBytes } = makeTarball(stage, target);
process.stdout.write(
  `${path}\n${megabytes(packedBytes)} to download, ${megabytes(unpackedBytes)} installed. npm install -g ${path}\n`,
);

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function fail(what: string, remedy: string): never {
  process.stderr.write(`error: ${what}.\ntry: ${remedy}\n`);
  process.exit(1);
}
