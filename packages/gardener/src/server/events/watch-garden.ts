import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileVersion } from '../../garden/files/file-version.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { openRuns } from '../../garden/runs/runs.js';
import { currentSettings } from '../../garden/settings/follow-settings.js';
import type { Settings } from '../../garden/settings/settings.js';
import { startRunner } from '../../projects/start-runner.js';
import type { EventLog } from './event-log.js';
import type { ProjectChange } from './happenings.js';
import { RunTail } from './run-tail.js';

/** Options of {@link watchGarden}. */
export interface WatchOptions {
  signal: AbortSignal;
  onChange: (project: ProjectRecord, change: ProjectChange) => void;
  onSettings: () => void;
  onError: (error: unknown) => void;
}

const LOOK_EVERY_MS = 250;
/** While nothing happens. */
const IDLE_LOOK_EVERY_MS = 1_000;
const RUNNER_EVERY_MS = 2_000;

interface Seen {
  project: ProjectRecord;
  recordVersion: string;
  indexVersion: string | null;
}

/**
 * Watches the data directory until the signal aborts: publishes what other processes change in projects and
 * runs, and keeps the runner alive while runs wait. Polls, because file notifications get lost on network disks,
 * and costs a few stats a second.
 */
export async function watchGarden(garden: Garden, log: EventLog, options: WatchOptions): Promise<void> {
  const watch = new GardenWatch(garden, log, options);
  let runnerAt = performance.now() + RUNNER_EVERY_MS;
  while (!options.signal.aborted) {
    let isBusy = false;
    try {
      isBusy = await watch.look();
      if (performance.now() >= runnerAt) {
        runnerAt = performance.now() + RUNNER_EVERY_MS;
        if ((await openRuns(garden.paths)).length > 0) await startRunner(garden.paths);
      }
    } catch (error) {
      options.onError(error);
    }
    const waitMs = isBusy ? LOOK_EVERY_MS : IDLE_LOOK_EVERY_MS;
    await delay(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** One look after the other at what lies in the data directory. */
export class GardenWatch {
  readonly #garden: Garden;
  readonly #log: EventLog;
  readonly #options: Pick<WatchOptions, 'onChange' | 'onSettings'>;
  readonly #runs: RunTail;
  readonly #seen = new Map<string, Seen>();
  #activeId: string | null = null;
  #settings: Settings;
  #isFirstLook = true;

  constructor(garden: Garden, log: EventLog, options: Pick<WatchOptions, 'onChange' | 'onSettings'>) {
    this.#garden = garden;
    this.#log = log;
    this.#options = options;
    this.#settings = garden.settings;
    this.#runs = new RunTail(garden.paths, log);
  }

  /** Publishes everything that has changed since the last look. @returns whether anything had */
  async look(): Promise<boolean> {
    const before = this.#log.last;
    await this.#lookAtSettings();
    const projects = await this.#garden.registry.list();
    for (const [id, { project }] of this.#seen) {
      if (!projects.some((other) => other.id === id)) this.#removed(project);
    }
    for (const project of projects) await this.#lookAt(project);
    const activeId = (await this.#garden.registry.active())?.id ?? null;
    const active = projects.find(({ id }) => id === activeId);
    if (activeId !== this.#activeId && active !== undefined) this.#tell(active, 'active');
    this.#activeId = activeId;
    this.#isFirstLook = false;
    return this.#log.last !== before;
  }

  async #lookAtSettings(): Promise<void> {
    const settings = await currentSettings(this.#garden);
    // Read anew only when they have been written.
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.#log.publish(null, { event: 'settings', data: {} });
    this.#options.onSettings();
  }

  async #lookAt(project: ProjectRecord): Promise<void> {
    const { paths } = this.#garden;
    const seen = this.#seen.get(project.id);
    const recordVersion = JSON.stringify(project);
    const indexVersion = await fileVersion(join(paths.index(project.id), 'manifest.json'));
    this.#seen.set(project.id, { project, recordVersion, indexVersion });
    if (seen === undefined) this.#tell(project, 'added');
    else {
      if (seen.project.promotedAdapter !== project.promotedAdapter) this.#tell(project, 'promoted');
      else if (seen.recordVersion !== recordVersion) this.#tell(project, 'updated');
      if (seen.indexVersion !== indexVersion) this.#tell(project, 'index');
    }
    await this.#runs.read(project.id, this.#isFirstLook);
  }

  #removed(project: ProjectRecord): void {
    this.#seen.delete(project.id);
    this.#runs.forget(project.id);
    this.#tell(project, 'removed');
  }

  #tell(project: ProjectRecord, change: ProjectChange): void {
    if (this.#isFirstLook) return;
    this.#log.publish(project.id, { event: 'project', data: { projectId: project.id, change } });
    this.#options.onChange(project, change);
  }
}
