// gardener serve under mixed load, with a training beside it: memory of the server, of its children and of the
// training, and whether an event is lost. One JSON object every ten seconds, the summary last.
//   npm run bench:serve [seconds]     (120; the figure is 600)
// BENCH_CODEBASE is what is trained on (packages/gardener/src/garden).
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeGardenWithProjects } from '../../packages/gardener/src/chat/garden-with-projects.fixture.js';
import { defaultBaseModelFile, embeddingModelDirectory } from '../inputs/default-models.js';
import { checkEvents } from './event-check.js';
import { type Load, mixedLoad } from './mixed-load.js';
import { beginTraining, endTraining } from './training.js';

const [seconds = '120'] = process.argv.slice(2);
const CODEBASE =
  process.env.BENCH_CODEBASE ?? fileURLToPath(new URL('../../packages/gardener/src/garden', import.meta.url));
const PROJECTS = 3;
const SAMPLE_MS = 2_000;
/** Models are loaded and caches filled by then. */
const WARM_UP_SHARE = 0.25;
const gardener = fileURLToPath(new URL('../../packages/gardener/bin/gardener.js', import.meta.url));

const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

interface Sample {
  atMs: number;
  serverBytes: number;
  childrenBytes: number;
  /** Runner and worker of the training; they are nobody's children. */
  trainingBytes: number;
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
    const { paths } = made.garden;
    let training: object = {};
    const [loads, events] = await Promise.all([
      mixedLoad(
        url,
        made.projects.map(({ name }) => name),
        untilMs,
      ),
      checkEvents(
        { url, paths, projectId: made.projects[0]!.id },
        untilMs,
        () => beginTraining(url, CODEBASE, Number(seconds)),
        async (begun) => {
          training = await endTraining(paths, begun);
        },
      ),
      sampleMemory(child.pid!, paths.root, samples, untilMs),
    ]);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const exitCode = await Promise.race([ended, delay(10_000, 'it does not end', { ref: false })]);
    const figures = { memory: growth(samples), events, training, exitCode };
    print({ seconds: Number(seconds), ...figures, requests: loads.map(summary) });
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

async function sampleMemory(
  pid: number,
  dataDirectory: string,
  samples: Sample[],
  untilMs: number,
): Promise<void> {
  const startMs = performance.now();
  for (let n = 0; performance.now() < untilMs; n++) {
    const childrenBytes = childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), 0);
    const sample = {
      atMs: Math.round(performance.now() - startMs),
      serverBytes: residentBytes(pid),
      childrenBytes,
      trainingBytes: trainingOf(dataDirectory).reduce((sum, process) => sum + residentBytes(process), 0),
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

/** The processes of the runner name the data directory, or a run in it; Linux. */
function trainingOf(dataDirectory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const command = textOf(`/proc/${name}/cmdline`);
      return command.includes(dataDirectory) && /runner|worker/.test(command);
    })
    .map(Number);
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(pid))?.[1] ?? 0) * 1024;
}

const statusOf = (pid: number) => textOf(`/proc/${pid}/status`);

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

await main();
