import { LoraError } from '../errors.js';
import type { TrainEvent, TrainResult } from './train-events.js';

/**
 * A training, started by the first look at it: iterate over its events, or wait for its result, or first the one and
 * then the other. It goes on only as events are taken; leaving the loop ends it.
 */
export class Training implements AsyncIterable<TrainEvent> {
  readonly #events: AsyncGenerator<TrainEvent>;
  #result: TrainResult | null = null;

  constructor(events: AsyncIterable<TrainEvent>) {
    this.#events = this.#watched(events);
  }

  /**
   * The events not taken yet, in order; the last one carries the result. There is one sequence, however often asked.
   */
  [Symbol.asyncIterator](): AsyncGenerator<TrainEvent> {
    return this.#events;
  }

  /**
   * Trains to the end, if it has not come to that, and gives the result.
   * @throws LoraError what `train` throws; `train.aborted` when the loop over the events was left before the end
   */
  async result(): Promise<TrainResult> {
    for await (const _event of this.#events);
    if (this.#result !== null) return this.#result;
    throw new LoraError('train.aborted', 'The training was left before its end, so it has no result.', {
      remedy: 'Take all of its events, or ask for the result alone.',
    });
  }

  async *#watched(events: AsyncIterable<TrainEvent>): AsyncGenerator<TrainEvent> {
    for await (const event of events) {
      if (event.type === 'train-end') {
        const { type: _type, ...result } = event;
        this.#result = result;
      }
      yield event;
    }
  }
}
