import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

const PROBE_MS = 1_000;

/**
 * Who listens on a port, as far as the system tells: a Gardener, or `python3 (process
 * 4711)`; null when it does not tell.
 */
export async function portOwner(host: string, port: number): Promise<string | null> {
  if (await isGardener(host, port)) return 'another Gardener';
  return (await ownerFromProc(port).catch(() => null)) ?? (await ownerFromLsof(port).catch(() => null));
}

/** The first free port after `port`, or null when the next 20 are taken too. */
export async function nextFreePort(host: string, port: number): Promise<number | null> {
  for (let candidate = port + 1; candidate <= Math.min(port + 20, 65_535); candidate++) {
    if (await isFree(host, candidate)) return candidate;
  }
  return null;
}

async function isGardener(host: string, port: number): Promise<boolean> {
  try {
    const name = host.includes(':') ? `[${host}]` : host;
    const response = await fetch(`http://${name}:${port}/health`, { signal: AbortSignal.timeout(PROBE_MS) });
    const body: unknown = JSON.parse((await response.text()).slice(0, 10_000));
    return typeof body === 'object' && body !== null && 'components' in body && 'startedAt' in body;
  } catch {
    return false;
  }
}

/** Linux: the socket's inode in /proc/net/tcp, then the process that has it open. */
async function ownerFromProc(port: number): Promise<string | null> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = new RegExp(`^\\s*\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 0A(?: \\S+){5}\\s+(\\d+)`, 'm');
  const inode = tables.map((table) => listening.exec(table)?.[1]).find((found) => found !== undefined);
  if (inode === undefined) return null;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const open = await readdir(`/proc/${pid}/fd`).catch((): string[] => []);
    for (const descriptor of open) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (target !== `socket:[${inode}]`) continue;
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
      return `${name} (process ${pid})`;
    }
  }
  return null;
}

/** macOS and other systems with lsof. */
async function ownerFromLsof(port: number): Promise<string | null> {
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    timeout: 2_000,
  });
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  const name = /^c(.+)$/m.exec(stdout)?.[1];
  return pid === undefined ? null : `${name ?? 'a program'} (process ${pid})`;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
