import { setTimeout as delay } from 'node:timers/promises';
import type { Courtesy } from '@codebase-gardener/lora';
import { generalCodeSample } from '../../data/general-code-examples.js';
import type { RunDirectory } from '../../run-directory/run-directory.js';
import type { EngineEvent } from '../engine-events.js';
import type { PythonEngineName } from '../engine-name.js';
import type { OpenedRun, TrainingEngine } from '../training-engine.js';
import { died, garbled } from './engine-errors.js';
import { type EngineCommand, EngineProcess } from './engine-process.js';

const ASK_AGAIN_MS = 5_000;

/**
 * Trains in a process of Python: engines/python reads the run directory and writes the adapter, as any engine does.
 * @param command what starts it for a run directory
 */
export function pythonEngine(
  name: PythonEngineName,
  command: (runDirectory: string) => Promise<EngineCommand>,
): TrainingEngine {
  return { name, run: (directory, opened, signal) => runPython(name, command, directory, opened, signal) };
}

async function* runPython(
  name: PythonEngineName,
  command: (runDirectory: string) => Promise<EngineCommand>,
  directory: RunDirectory,
  { settings, base, courtesy }: OpenedRun,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  const start = await command(directory.path);
  await directory.writeRetained(generalCodeSample(base.tokenizer, settings.sequenceLength));
  signal.throwIfAborted();
  const engine = new EngineProcess(name, start);
  const stop = () => engine.stop();
  signal.addEventListener('abort', stop);
  const left = new AbortController();
  const givingWay = giveWay(engine, courtesy, left.signal);
  try {
    let isOver = false;
    for await (const event of engine.said()) {
      if (event.type === 'check') throw garbled(name, JSON.stringify(event));
      isOver = event.type === 'train-end' && (event.reason !== 'aborted' || signal.aborted);
      yield event;
    }
    // It came to an end that nobody here has asked for, such as a SIGTERM of another's.
    if (!isOver) throw died(name, await engine.end());
  } finally {
    left.abort();
    signal.removeEventListener('abort', stop);
    await engine.end();
    await givingWay;
  }
}

/** Has the engine wait while there is an obstacle. Its process has the worker's low priority, which does the rest. */
async function giveWay(engine: EngineProcess, courtesy: Courtesy, left: AbortSignal): Promise<void> {
  let told: string | null = null;
  while (courtesy.obstacle && !left.aborted) {
    const reason = await courtesy.obstacle();
    if (reason !== told) engine.wait(reason);
    told = reason;
    await delay(courtesy.askAgainMs ?? ASK_AGAIN_MS, undefined, { signal: left }).catch(() => undefined);
  }
}
