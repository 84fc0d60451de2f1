// gardener serve under mixed load: memory of the server and its children, and whether an event is lost. One JSON object every ten seconds,
// the summary last.
//   npm run bench:serve [seconds]     (120; the figure is 600)
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeGardenWithProjects } from '../packages/gardener/src/chat/garden-with-projects.fixture.js';
import { embeddingModelDirectory } from './embedding-model.js';
import { defaultBaseModelFile } from './fixtures.js';
import { checkEvents } from './serve/event-check.js';
import { type Load, mixedLoad } from './serve/mixed-load.js';

const [seconds = '120'] = process.argv.slice(2);
const PROJECTS = 3;
const SAMPLE_MS = 2_000;
/** Models are loaded and caches filled by then. */
const WARM_UP_SHARE = 0.25;
const gardener = fileURLToPath(new URL('../packages/gardener/bin/gardener.js', import.meta.url));

const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

interface Sample {
  atMs: number;
  serverBytes: number;
  childrenBytes: number;
}

async function main(): Promise<void> {
  const models = {
    baseModelFile: await defaultBaseModelFile(),
    embeddingModelDirectory: await embeddingModelDirectory(),
  };
  const made = await makeGardenWithProjects(models, PROJECTS);
  const { child, url } = await startServer(made.garden.paths.root);
  try {
    const untilMs = performance.now() + Number(seconds) * 1_000;
    const samples: Sample[] = [];
    const [loads, events] = await Promise.all([
      mixedLoad(
        url,
        made.projects.map(({ name }) => name),
        untilMs,
      ),
      checkEvents(url, made.garden.paths, made.projects[0]!.id, untilMs),
      sampleMemory(child.pid!, samples, untilMs),
    ]);
    print({ seconds: Number(seconds), memory: growth(samples), events, requests: loads.map(summary) });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  } finally {
    child.kill('SIGKILL');
    await made.remove();
  }
}

function startServer(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [gardener, 'serve', '--port', '0', '--json'], {
    env: { ...process.env, CODEBASE_GARDENER_DATA_DIR: dataDir, CODEBASE_GARDENER_CONTEXT_TOKENS: '1024' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`gardener serve ended with ${code}`)));
    child.stdout!.on('data', (data) => {
      text += data;
      const url = /"url": "([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve({ child, url });
    });
  });
}

async function sampleMemory(pid: number, samples: Sample[], untilMs: number): Promise<void> {
  const startMs = performance.now();
  for (let n = 0; performance.now() < untilMs; n++) {
    const childrenBytes = childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), 0);
    const sample = {
      atMs: Math.round(performance.now() - startMs),
      serverBytes: residentBytes(pid),
      childrenBytes,
    };
    samples.push(sample);
    if (n % 5 === 0) print(sample);
    await delay(SAMPLE_MS);
  }
}

/** Medians of the first and the last third after the warm-up, and the slope between them. */
function growth(samples: readonly Sample[]) {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const middle = (part: readonly Sample[], key: 'serverBytes' | 'childrenBytes') =>
    [...part.map((sample) => sample[key])].sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  const of = (key: 'serverBytes' | 'childrenBytes') => {
    const early = middle(warm.slice(0, third), key);
    const late = middle(warm.slice(-third), key);
    return { earlyBytes: early, lateBytes: late, growth: Number((late / Math.max(1, early) - 1).toFixed(3)) };
  };
  return { server: of('serverBytes'), children: of('childrenBytes') };
}

function summary({ kind, millis, errors }: Load) {
  const sorted = [...millis].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return {
    kind,
    count: millis.length,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    errors: errors.length,
    firstError: errors[0] ?? null,
  };
}

/** Children and theirs; Linux. */
function childrenOf(pid: number): number[] {
  const direct = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => Number(/^PPid:\s+(\d+)/m.exec(statusOf(candidate))?.[1]) === pid);
  return direct.flatMap((child) => [child, ...childrenOf(child)]);
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(pid))?.[1] ?? 0) * 1024;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

await main();
