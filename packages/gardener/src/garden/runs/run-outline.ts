import { LRUCache } from 'lru-cache';
import { readRunEvents, sizeOfRunEvents } from './run-events.js';
import { INITIAL_RUN_STATE, type RunState, reduceRun } from './run-state.js';
import { readRunState } from './runs.js';

/** Outlines kept, with the length of the events that they were made of. */
const outlines = new LRUCache<string, { bytes: number; state: RunState }>({ max: 2_000 });

/**
 * What a run has come to. Of one that has ended only the events about the run as a whole are read: it has no figures of
 * single steps, and costs a hundredth of `readRunState`. For whoever looks at hundreds of projects at once.
 * @throws garden.file-missing once the run has been removed
 */
export async function readRunOutline(runDir: string): Promise<RunState> {
  const bytes = await sizeOfRunEvents(runDir);
  const known = outlines.get(runDir);
  if (known?.bytes === bytes) return known.state;
  let state: RunState = { ...INITIAL_RUN_STATE };
  for (let from = 0; ; ) {
    const { events, nextByte } = await readRunEvents(runDir, from, isAboutTheRun);
    state = reduceRun(events, state);
    if (nextByte === from) break;
    from = nextByte;
  }
  if (!state.finished) return readRunState(runDir);
  outlines.set(runDir, { bytes, state });
  return state;
}

/** `appendEvent` writes the type first; a line that only looks so is parsed like any other. */
function isAboutTheRun(line: string): boolean {
  return line.includes('"type":"run-');
}
