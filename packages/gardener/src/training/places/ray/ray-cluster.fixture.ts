import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { RayApi } from './api/ray-api.js';

/** Logical processors of a worker: what is asked of Ray is counted, not measured. */
const WORKER_CPUS = 4;
const START_MS = 90_000;

/** A Ray of PyPI on this machine: a head that runs no jobs, and workers beside it, each a raylet of its own. */
export interface RayCluster extends AsyncDisposable {
  rayAddress: string;
  rayToken: string;
  startWorker(): Promise<void>;
  /** Kills a worker and all that runs on it, as if its machine were gone. */
  killWorker(): Promise<void>;
  /** Kills the head and its workers, and starts another at its address that knows nothing of what was before. */
  restartHead(): Promise<void>;
}

/** Starts a cluster with one worker. @param ray the program `ray` of its environment */
export async function startRayCluster(ray: string): Promise<RayCluster> {
  // The path of a socket may be no longer than 107 characters.
  const folder = await mkdtemp(join(tmpdir(), 'ray-'));
  const rayToken = randomBytes(24).toString('hex');
  const [port, dashboard] = await freePorts(2);
  const env = {
    ...process.env,
    ...{ RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: rayToken, RAY_USAGE_STATS_ENABLED: '0' },
    // A worker whose head is gone ends after this, seconds, instead of a minute.
    RAY_gcs_rpc_server_reconnect_timeout_s: '5',
  };
  const start = (...args: string[]): ChildProcess =>
    spawn(ray, ['start', ...args, '--block', '--disable-usage-stats', '--node-ip-address=127.0.0.1'], {
      env,
      stdio: 'ignore',
      detached: true,
    });
  const rayAddress = `http://127.0.0.1:${dashboard}`;
  const api = new RayApi({ rayAddress, rayToken, rayInsecure: false });
  const startHead = async (): Promise<ChildProcess> => {
    const head = start(
      ...['--head', `--port=${port}`, `--dashboard-port=${dashboard}`, '--dashboard-host=127.0.0.1'],
      ...['--num-cpus=0', '--object-store-memory=80000000', `--temp-dir=${folder}`],
      ...(await ownPorts()),
    );
    await until(() => api.version().then(Boolean, () => false), 'the head answers');
    return head;
  };
  const workers: ChildProcess[] = [];
  let head = await startHead();
  const cluster: RayCluster = {
    rayAddress,
    rayToken,
    startWorker: async () => {
      const worker = start(
        ...[`--address=127.0.0.1:${port}`, `--num-cpus=${WORKER_CPUS}`, '--object-store-memory=80000000'],
        ...(await ownPorts()),
      );
      workers.push(worker);
      const known = () =>
        promisify(execFile)(ray, ['status', `--address=127.0.0.1:${port}`], { env }).then(
          ({ stdout }) => stdout.includes(`/${WORKER_CPUS * workers.length}.0 CPU`),
          () => false,
        );
      await until(known, 'the worker is known');
    },
    killWorker: async () => {
      const worker = workers.pop();
      if (worker) await killTree(worker);
    },
    restartHead: async () => {
      for (const process of [...workers.splice(0), head]) await killTree(process);
      head = await startHead();
    },
    [Symbol.asyncDispose]: async () => {
      for (const process of [...workers, head]) await killTree(process);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await cluster.startWorker();
  return cluster;
}

/** Ports that a raylet would take by number, where several share a machine. */
async function ownPorts(): Promise<string[]> {
  const [agent, client] = await freePorts(2);
  return [`--dashboard-agent-listen-port=${agent}`, `--ray-client-server-port=${client}`];
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      if (address === null || typeof address === 'string') throw new Error('no port');
      return address.port;
    }),
  );
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not in ${START_MS / 1000} s: ${what}`);
    await delay(300);
  }
}

/** Kills a process and all that came from it, some of which have sessions of their own. */
async function killTree({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // The name, in brackets, may hold anything; behind it stand the state and the parent.
    parents.set(Number(name), Number(stat.split(')').at(-1)?.trim().split(' ')[1]));
  }
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of parents) if (parent === one) tree.push(child);
  for (const one of tree) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
