import type { GardenPaths } from '../../garden/files/paths.js';
import { ensureModel } from '../../models/store/ensure-model.js';
import type { ModelProgress } from '../../models/store/fetch-files.js';
import { findModel } from '../../models/store/find-model.js';
import { isHashed, type ModelOnDisk, modelOnDisk } from '../../models/store/model-store.js';
import { errorAnswer } from '../contract/error-answer.js';
import type { EventLog } from '../events/event-log.js';
import type { Happening } from '../events/happenings.js';

const TELL_EVERY_MS = 250;

interface Fetching {
  model: Promise<ModelOnDisk>;
  stop: AbortController;
}

/** The downloads of models that this server has under way; each is told as `model` events. */
export class ModelFetches {
  readonly #paths: GardenPaths;
  readonly #log: EventLog;
  readonly #signal: AbortSignal;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #underWay = new Map<string, Fetching>();

  constructor(paths: GardenPaths, log: EventLog, signal: AbortSignal) {
    this.#paths = paths;
    this.#log = log;
    this.#signal = signal;
  }

  isFetching(id: string): boolean {
    return this.#underWay.has(id);
  }

  /**
   * A model on disk, fetched first if it is not there; whoever asks for it in the meantime waits for the same
   * download. Throws as `ensureModel`.
   * @param mend also fetches one that was there and is damaged now
   */
  fetch(id: string, { mend = false } = {}): Promise<ModelOnDisk> {
    const model = findModel(id).id;
    const present = this.#underWay.get(model);
    if (present !== undefined) return present.model;
    const stop = new AbortController();
    const fetching = this.#fetch(model, AbortSignal.any([this.#signal, stop.signal]), mend).finally(() =>
      this.#underWay.delete(model),
    );
    this.#underWay.set(model, { model: fetching, stop });
    return fetching;
  }

  /**
   * Stops the download of a model, and waits until it has let go of its files. Whoever waits for the
   * model gets `models.cancelled`.
   */
  async cancel(id: string): Promise<void> {
    const fetching = this.#underWay.get(id);
    fetching?.stop.abort();
    await fetching?.model.catch(() => undefined);
  }

  async fetchAll(ids: readonly string[]): Promise<ModelOnDisk[]> {
    const models: ModelOnDisk[] = [];
    for (const id of ids) models.push(await this.fetch(id));
    return models;
  }

  async #fetch(model: string, signal: AbortSignal, mend: boolean): Promise<ModelOnDisk> {
    const present = await modelOnDisk(this.#paths, model);
    if (present !== null && isHashed(present)) return present;
    const sizes = { doneBytes: 0, totalBytes: null };
    try {
      const onDisk = await ensureModel(this.#paths, model, {
        signal,
        mend,
        onProgress: (progress) => this.tell(progress),
      });
      const bytes = onDisk.manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      this.#tell({ model, state: 'ready', doneBytes: bytes, totalBytes: bytes });
      return onDisk;
    } catch (error) {
      if (signal.aborted) this.#tell({ model, state: 'cancelled', ...sizes });
      else this.#tell({ model, state: 'failed', ...sizes, ...errorAnswer(error).body });
      throw error;
    }
  }

  /** Tells how far a download is, four times a second at most. */
  tell({ id, done, total }: ModelProgress): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const sizes = { doneBytes: done, totalBytes: total };
    this.#tell({ model: id, state: 'downloading', ...sizes });
  }

  #tell(data: Extract<Happening, { event: 'model' }>['data']): void {
    this.#log.publish(null, { event: 'model', data });
  }
}
