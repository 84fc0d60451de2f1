import type { GardenPaths } from '../garden/paths.js';
import { findModel } from '../models/catalogue.js';
import { ensureModel } from '../models/ensure-model.js';
import type { ModelOnDisk } from '../models/model-store.js';
import { errorAnswer } from './error-answer.js';
import type { EventLog } from './events/event-log.js';

const TELL_EVERY_MS = 250;

/** The downloads of models that this server has under way; each is told as `model` events. */
export class ModelFetches {
  readonly #paths: GardenPaths;
  readonly #log: EventLog;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<string, Promise<ModelOnDisk>>();

  constructor(paths: GardenPaths, log: EventLog, signal: AbortSignal) {
    this.#paths = paths;
    this.#log = log;
    this.#signal = signal;
  }

  isFetching(id: string): boolean {
    return this.#underWay.has(id);
  }

  /** A model on disk, fetched first if it is not there; who asks meanwhile waits for the same download. Throws as `ensureModel`. */
  fetch(id: string): Promise<ModelOnDisk> {
    const model = findModel(id).id;
    const present = this.#underWay.get(model);
    if (present !== undefined) return present;
    const fetching = this.#fetch(model).finally(() => this.#underWay.delete(model));
    this.#underWay.set(model, fetching);
    return fetching;
  }

  async fetchAll(ids: readonly string[]): Promise<ModelOnDisk[]> {
    const models: ModelOnDisk[] = [];
    for (const id of ids) models.push(await this.fetch(id));
    return models;
  }

  async #fetch(model: string): Promise<ModelOnDisk> {
    let toldAt = Number.NEGATIVE_INFINITY;
    let sizes = { doneBytes: 0, totalBytes: null as number | null };
    const tell = (state: 'downloading' | 'ready' | 'failed', more: object = {}) =>
      this.#log.publish('model', null, { model, state, ...sizes, ...more });
    try {
      const onDisk = await ensureModel(this.#paths, model, {
        signal: this.#signal,
        onProgress: ({ done, total }) => {
          sizes = { doneBytes: done, totalBytes: total };
          if (performance.now() - toldAt < TELL_EVERY_MS) return;
          toldAt = performance.now();
          tell('downloading');
        },
      });
      if (Number.isFinite(toldAt)) tell('ready');
      return onDisk;
    } catch (error) {
      tell('failed', errorAnswer(error).body);
      throw error;
    }
  }
}
