import { readdir } from 'node:fs/promises';
import type { GardenPaths } from '../../garden/files/paths.js';
import { readRunEvents, sizeOfRunEvents } from '../../garden/runs/runs.js';
import { runEventView } from '../contract/run-view.js';
import type { EventLog } from './event-log.js';

/** Where the reading of a project's newest run stands. */
interface Place {
  runId: string;
  nextByte: number;
}

/**
 * Publishes what is added to the events of every project's newest run. It reads the files of the runs, so it does not
 * matter which process writes them: no event is lost or told twice.
 */
export class RunTail {
  readonly #places = new Map<string, Place>();
  readonly #paths: GardenPaths;
  readonly #log: EventLog;

  constructor(paths: GardenPaths, log: EventLog) {
    this.#paths = paths;
    this.#log = log;
  }

  /**
   * Reads on in the runs of a project.
   * @param isFirstLook what is there already is old news, and is passed over
   * @returns whether something was new
   */
  async read(projectId: string, isFirstLook: boolean): Promise<boolean> {
    const runId = await newestRun(this.#paths, projectId);
    if (runId === null) return false;
    let place = this.#places.get(projectId);
    const isOtherRun = place?.runId !== runId;
    // The end of the run before this one may not have been told yet.
    if (place !== undefined && isOtherRun) await this.#readOn(projectId, place);
    if (place === undefined || isOtherRun) {
      const size = isFirstLook ? await sizeOfRunEvents(this.#paths.run(projectId, runId)) : 0;
      place = { runId, nextByte: size };
      this.#places.set(projectId, place);
    }
    return (await this.#readOn(projectId, place)) || isOtherRun;
  }

  forget(projectId: string): void {
    this.#places.delete(projectId);
  }

  async #readOn(projectId: string, place: Place): Promise<boolean> {
    const directory = this.#paths.run(projectId, place.runId);
    if ((await sizeOfRunEvents(directory)) <= place.nextByte) return false;
    const before = place.nextByte;
    for (;;) {
      const { events, nextByte } = await readRunEvents(directory, place.nextByte);
      if (nextByte === place.nextByte) return nextByte !== before;
      place.nextByte = nextByte;
      for (const event of events.map(runEventView))
        this.#log.publish(projectId, { event: 'run', data: { projectId, runId: place.runId, event } });
    }
  }
}

async function newestRun(paths: GardenPaths, projectId: string): Promise<string | null> {
  const names = await readdir(paths.training(projectId)).catch((): string[] => []);
  return (
    names
      .filter((name) => /^\d{8}t/.test(name))
      .sort()
      .at(-1) ?? null
  );
}
