import { access, readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { formatBytes } from '../garden/disk/format-bytes.js';
import { type Check, ok, warn } from './check.js';

const MIN_MEMORY_BYTES = 3 * 1024 ** 3;
const MIN_NODE: readonly [number, number] = [20, 19];

/** Instructions that make training and answering faster. */
const VECTOR_FLAGS = [
  ...['avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx_vnni', 'avx512_bf16', 'amx_int8'],
  ...['asimd', 'i8mm', 'sve'],
];

/** What tells of an accelerator on Linux, and its name. */
const ACCELERATOR_FILES: readonly (readonly [file: string, name: string])[] = [
  ['/proc/driver/nvidia/version', 'an NVIDIA GPU'],
  ['/dev/kfd', 'an AMD GPU'],
  ['/dev/accel/accel0', 'an NPU'],
];

const NOT_USED = 'Gardener computes on the processor';

/** Node, processor, memory and accelerator. */
export async function checkMachine(): Promise<Check[]> {
  return [checkNode(), await checkProcessor(), checkMemory(), await checkAccelerator()];
}

/** The Node that runs this. */
export function checkNode(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
  if (!isOld) return ok('Node', version);
  return {
    name: 'Node',
    state: 'fail',
    detail: version,
    remedy: `Install Node ${MIN_NODE.join('.')} or later.`,
  };
}

/**
 * Cores and the vector instructions that set the training speed.
 * @param cpuInfo /proc/cpuinfo, or null where there is none (macOS, Windows)
 */
export async function checkProcessor(
  cpuInfo?: string | null,
  architecture: string = process.arch,
): Promise<Check> {
  const info = cpuInfo === undefined ? await readFile('/proc/cpuinfo', 'utf8').catch(() => null) : cpuInfo;
  const detail = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} threads`;
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info ?? '')?.[1]?.split(' ');
  if (flags === undefined) return ok('processor', detail);
  const found = VECTOR_FLAGS.filter((flag) => flags.includes(flag));
  const told = [detail, ...(found.length > 0 ? [found.join(' ')] : [])].join(', ');
  if (architecture !== 'x64' || flags.includes('avx2')) return ok('processor', told);
  return warn(
    'processor',
    told,
    'Without AVX2 training is several times slower: give it a larger --budget, or use another machine.',
  );
}

/** Memory in all and free. */
export function checkMemory(totalBytes = totalmem(), freeBytes = freemem()): Check {
  const detail = `${formatBytes(totalBytes)}, ${formatBytes(freeBytes)} free`;
  if (totalBytes >= MIN_MEMORY_BYTES) return ok('memory', detail);
  return warn(
    'memory',
    detail,
    'Close other programs while training, or lower the setting trainingMemoryMegabytes or sequenceLength.',
  );
}

async function checkAccelerator(): Promise<Check> {
  const name = 'accelerator';
  if (process.platform === 'darwin') {
    const training =
      process.arch === 'arm64' ? 'training too, after gardener doctor --install mlx' : NOT_USED;
    return ok(name, `answers may use Metal; ${training}`);
  }
  for (const [file, what] of ACCELERATOR_FILES) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const use = what.includes('NVIDIA') ? 'to train on it: gardener doctor --install peft' : NOT_USED;
    return ok(name, `${what} is here; ${use}`);
  }
  return ok(name, 'none seen, none needed');
}
