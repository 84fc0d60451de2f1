/**
 * How a process that computes with this package should be started, and how it is told from another. Light: importing it
 * loads nothing but Node's own modules.
 * @module
 */
export { identifyProcess, isProcessAlive, type ProcessIdentity } from './process-identity.js';

/**
 * glibc's allocator (other platforms ignore the variable) hands large blocks back to the system and gets them again at
 * every step; each page then costs a fault, several microseconds on a virtual machine. Kept memory and large pages make
 * a step a tenth faster, and twice as fast where faults are dear.
 */
const MALLOC = {
  hugetlb: 1,
  mmap_threshold: 32 * 2 ** 20,
  trim_threshold: 2 ** 30,
  top_pad: 64 * 2 ** 20,
};

/**
 * Environment and Node's own arguments for a process that trains, scores or embeds: `spawn(process.execPath,
 * [...execArgv, script], { env })`. Not needed for correct results, only for speed. A `GLIBC_TUNABLES` that
 * is already set is left alone.
 * @param environment what the process would get otherwise. Defaults to this process's
 */
export function computingProcess(environment: NodeJS.ProcessEnv = process.env): {
  env: NodeJS.ProcessEnv;
  execArgv: string[];
} {
  const tunables = Object.entries(MALLOC).map(([name, value]) => `glibc.malloc.${name}=${value}`);
  return {
    env: { GLIBC_TUNABLES: tunables.join(':'), ...environment },
    // Results lie outside V8's heap and make it collect often; its helper threads would take the cores from the
    // computation. What is young on the heap is next to nothing: the usual room for it would be 30 MB unused.
    execArgv: ['--single-threaded-gc', '--max-semi-space-size=2'],
  };
}
