// npm run pack [-- --to FOLDER]: makes what a user installs, by default in dist/ of this repository:
//   codebase-gardener-<version>.tgz   the command line, with the trainer (a workspace, on no registry) bundled in
//   package.json, .npmrc              overrides and allowScripts: npm reads them only in the folder it installs into
// Then: copy the three into an empty folder, `npm install` there, `npx gardener`.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TRAINER = '@codebase-gardener/lora';
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [option, folder] = process.argv.slice(2);
if (option !== undefined && (option !== '--to' || folder === undefined)) {
  process.stderr.write('usage: npm run pack [-- --to FOLDER]\n');
  process.exit(2);
}
const target = folder === undefined ? join(root, 'dist') : resolve(process.env.INIT_CWD ?? '.', folder);
const gardener = join(root, 'packages', 'gardener');
const lora = join(root, 'packages', 'lora');
for (const built of [join(gardener, 'dist', 'cli', 'main.js'), join(lora, 'dist', 'index.js')]) {
  if (existsSync(built)) continue;
  process.stderr.write(`error: ${built} is missing.\ntry: npm run build\n`);
  process.exit(1);
}

const stage = mkdtempSync(join(tmpdir(), 'gardener-pack-'));
try {
  const manifest = stagePackage();
  mkdirSync(target, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', target], {
    cwd: stage,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename, unpackedSize }] = Object.values(JSON.parse(packed));
  writeInstallSettings(manifest, filename);
  const megabytes = (unpackedSize / 1e6).toFixed(1);
  process.stdout.write(`${join(target, filename)} (${megabytes} MB unpacked), package.json, .npmrc\n`);
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** Lays out the package as it will be installed: built files only, without maps and tests. */
function stagePackage() {
  const { dependencies, devDependencies: _, ...manifest } = json(join(gardener, 'package.json'));
  const trainer = json(join(lora, 'package.json'));
  copyBuilt(gardener, stage, ['bin', 'dist']);
  for (const name of ['README.md', 'LICENSE']) cpSync(join(root, name), join(stage, name));
  const trainerFolder = join(stage, 'node_modules', TRAINER);
  copyBuilt(lora, trainerFolder, ['dist', 'README.md']);
  // The trainer's own dependencies are asked for by the package around it, so that they are installed like all others.
  const { dependencies: trainerDependencies, ...bundled } = trainer;
  for (const face of Object.values(bundled.exports)) delete face.source;
  write(join(trainerFolder, 'package.json'), bundled);
  write(join(stage, 'package.json'), {
    ...manifest,
    files: ['bin', 'dist'],
    dependencies: { ...dependencies, ...trainerDependencies },
    bundleDependencies: [TRAINER],
  });
  return manifest;
}

function copyBuilt(from, to, names) {
  for (const name of names) {
    if (!existsSync(join(from, name))) continue;
    cpSync(join(from, name), join(to, name), {
      recursive: true,
      filter: (path) => !/\.(map|tsbuildinfo|d\.ts)$|\.(test|fixture)\.js$/.test(path),
    });
  }
}

/** Nothing is compiled or fetched while installing, and builds for GPUs, which Gardener does not use, are left out. */
function writeInstallSettings({ name, engines }, filename) {
  const { allowScripts, overrides, config } = json(join(root, 'package.json'));
  write(join(target, 'package.json'), {
    private: true,
    engines,
    dependencies: { [name]: `file:${filename}` },
    allowScripts,
    overrides,
    config,
  });
  writeFileSync(join(target, '.npmrc'), 'onnxruntime-node-install=skip\n');
}

function json(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function write(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
