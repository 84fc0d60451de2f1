/** A worker for the tests of the runner: does what `options.behaviour` of its run says. */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { appendEvent, locateRun, readRunDescription, readRunState } from '../runs/runs.js';
import { joinRun } from '../runs/worker-control.js';
import { trainingPlaces } from './training-places.js';
import { takeTrainingTurn } from './training-turn.js';

const runDir = process.argv[2] ?? '';
const worker = await joinRun(runDir);
if (worker === null) process.exit(0);
const { behaviour, gate } = (await readRunDescription(runDir)).options as {
  behaviour: string;
  gate?: string;
};
appendFileSync(join(runDir, 'starts.txt'), `${process.pid}\n`);
await appendEvent(runDir, { type: 'stage-start', stage: 'training' });

if (behaviour === 'stubborn') {
  process.on('SIGTERM', () => undefined);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await appendEvent(runDir, { type: 'log', message: String(child.pid) });
  for (;;) await delay(1000);
}
if (behaviour === 'interrupted') {
  const { interruptions } = await readRunState(runDir);
  if (interruptions === 0) {
    await appendEvent(runDir, { type: 'run-interrupt', reason: 'A process it needs has died.' });
    process.exit(0);
  }
}
if (behaviour === 'train') {
  // Prepared; then it trains, until the file `gate` exists.
  mkdirSync(join(runDir, 'data'), { recursive: true });
  const { paths } = locateRun(runDir);
  if ((await takeTrainingTurn(paths, runDir, await trainingPlaces(paths))) !== null) {
    await appendEvent(runDir, { type: 'run-queue', reason: 'Another one trains.' });
    process.exit(0);
  }
  while (!worker.signal.aborted && !existsSync(gate ?? '')) await delay(30);
}
if (behaviour === 'wait') {
  // Until the file `gate` exists or the user wants it to stop.
  while (!worker.signal.aborted && !existsSync(gate ?? '')) await delay(30);
  if (worker.stopReason() === 'pause') await appendEvent(runDir, { type: 'run-pause' });
}
if (!worker.signal.aborted) {
  const reason = `niceness ${getPriority()}, cwd ${process.cwd()}, data ${process.env.CODEBASE_GARDENER_DATA_DIR}`;
  await appendEvent(runDir, { type: 'run-complete', reason, adapterVersion: 1, promoted: true });
}
worker.leave();
