// npm run bench:ray -- <program ray> [jobs]: what a job of Ray costs before it trains. A cluster of its own is started
// (a head and a worker); each job is the tiny run of the tests. One JSON object a job, the summary last.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import {
  goldenBase,
  readyRun,
} from '../../packages/gardener/src/training/engines/python/trained-run.fixture.js';
import { placeOf } from '../../packages/gardener/src/training/places/place-of.js';
import { RayApi } from '../../packages/gardener/src/training/places/ray/api/ray-api.js';
import { startRayCluster } from '../../packages/gardener/src/training/places/ray/ray-cluster.fixture.js';

const [ray, jobs = '8'] = process.argv.slice(2);
if (ray === undefined) throw new Error('usage: npm run bench:ray -- <program ray> [jobs]');

/** Seconds from the order to train to the first event, the first step and the last event. */
async function times(place: 'local' | 'ray', settings: Parameters<typeof placeOf>[1]['settings']) {
  const folder = await mkdtemp(join(tmpdir(), 'gardener-overhead-'));
  // Each a run of its own: a job is known by its run's id.
  const runId = `run-${Date.now()}`;
  await using run = await readyRun(folder, goldenBase('llama-tiny'), {}, { validation: 0 }, runId);
  const { directory, ...opened } = run;
  const start = performance.now();
  const seconds = () => Number(((performance.now() - start) / 1000).toFixed(2));
  const measured = { place, firstEvent: 0, firstStep: 0, lastEvent: 0, all: 0 };
  const { signal } = new AbortController();
  const garden = { paths: new GardenPaths(folder), settings };
  const training = placeOf(place, garden).train('onnx', directory, { ...opened, courtesy: {} }, signal);
  for await (const event of training) {
    if (event.type === 'wait' || event.type === 'go-on') continue;
    measured.firstEvent ||= seconds();
    if (event.type === 'step-end') measured.firstStep ||= seconds();
    measured.lastEvent = seconds();
  }
  measured.all = seconds();
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify(measured)}\n`);
  return measured;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const started = performance.now();
await using cluster = await startRayCluster(ray);
const clusterSeconds = (performance.now() - started) / 1000;
const { rayAddress, rayToken } = cluster;
const settings = {
  ...{ rayAddress, rayToken, rayInsecure: false, rayParallel: 2, rayCpus: 1 },
  ...{ rayDataDirectory: '', rayPackage: '', enginePython: '' },
};
const version = await new RayApi(settings).version();
const here = await times('local', settings);
const there: Awaited<ReturnType<typeof times>>[] = [];
for (let job = 0; job < Number(jobs); job++) there.push(await times('ray', settings));
const of = (key: 'firstEvent' | 'all') => there.map((job) => job[key]);
process.stdout.write(
  `${JSON.stringify({
    machine: { processors: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem() },
    ...{ ray: version, jobs: there.length, clusterSeconds: Number(clusterSeconds.toFixed(1)) },
    firstEventSeconds: {
      median: median(of('firstEvent')),
      least: Math.min(...of('firstEvent')),
      most: Math.max(...of('firstEvent')),
    },
    wholeJobSeconds: { median: median(of('all')), here: here.all },
  })}\n`,
);
