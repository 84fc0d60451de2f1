/**
 * 8-bit products on processors without VNNI: runs the real ONNX Runtime on an emulated CPU (qemu-user) and compares
 * with this one.
 * Usage: npm run build && node scripts/emulate-without-vnni.mjs [cpu, Haswell and Nehalem by default]
 * Prints one JSON object a CPU: which sums are exact, what the trainer chooses, and the losses of a tiny model.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const report = fileURLToPath(new URL('emulation/trainer-report.mjs', import.meta.url));
const cpus = process.argv[2] ? [process.argv[2]] : ['Haswell', 'Nehalem'];
start('this one', process.execPath, []);
for (const cpu of cpus) start(cpu, 'qemu-x86_64', ['-cpu', cpu, process.execPath]);

function start(cpu, command, before) {
  const { status, stdout, stderr, error } = spawnSync(command, [...before, report, cpu], {
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT') throw new Error('qemu-user is not installed: apt-get install qemu-user');
  if (status !== 0) throw new Error(stderr);
  process.stdout.write(stdout);
}
