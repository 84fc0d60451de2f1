import type { RunEventInput } from '../../../garden/runs/runs.js';
import type { EngineEvent } from '../../engines/engine-events.js';
import type { PlaceEvent } from '../../places/place.js';
import { MAX_SAMPLED_LOSS_RISE } from './train-settings.js';

/** What of an engine's or a place's event goes into events.jsonl: figures as they are, the rest in a sentence. */
export function inReport(event: PlaceEvent): RunEventInput[] {
  const log = (message: string): RunEventInput[] => [{ type: 'log', message }];
  switch (event.type) {
    case 'plan':
    case 'step-end':
    case 'checkpoint-save':
    case 'log':
    case 'wait':
    case 'go-on':
      return [event];
    case 'validation-end': {
      const { retainedRise, strength, ...validation } = event;
      if (retainedRise === null) return [validation];
      if (strength < 1) return [validation, ...log(milder(event.step, strength, retainedRise))];
      const forgets = retainedRise > MAX_SAMPLED_LOSS_RISE;
      return [validation, ...(forgets ? log(forgetting(event.step, retainedRise)) : [])];
    }
    case 'start':
      return log(`Training in ${event.precision}: ${event.reason}`);
    case 'resume':
      return log(`Training goes on from step ${event.step}.`);
    case 'lighten':
      return log(`Memory is short: training goes on with ${lighter(event)}.`);
    case 'turn-back':
      return log(
        `The loss exploded at step ${event.step}: training is back at step ${event.toStep} with ` +
          `${event.learningRateFactor} times the learning rate.`,
      );
    case 'train-end': {
      const early = earlyEnd(event);
      return early === null ? [] : log(early);
    }
  }
}

function lighter({ rows, keep, singleCopy }: Extract<EngineEvent, { type: 'lighten' }>): string {
  const atOnce = rows === 1 ? 'one row at once' : `${rows} rows at once`;
  const weights = singleCopy ? ', its weights in memory once' : '';
  return `${atOnce}${weights}${keep ? '' : ', products computed again'}`;
}

function forgetting(step: number, rise: number): string {
  const percent = (rise * 100).toFixed(1);
  return (
    `At step ${step} the model forgets: its loss on general code is ${percent} % above the base model's. ` +
    'This state is not kept.'
  );
}

function milder(step: number, strength: number, rise: number): string {
  return (
    `At step ${step} the model forgets too much. With ${(strength * 100).toFixed(0)} % of what it learned, its loss on ` +
    `general code is ${(rise * 100).toFixed(1)} % above the base model's: that is what counts of this state.`
  );
}

/** Patience ends by losses that do not fall any more and by states that forget: the sentence is true of both. */
function earlyEnd({ reason, bestStep }: Extract<EngineEvent, { type: 'train-end' }>): string | null {
  if (reason === 'early-stop')
    return (
      `Training ended early: no state after step ${bestStep} was better on validation files ` +
      'without forgetting general code.'
    );
  if (reason === 'memory')
    return `Training ended early: there is too little memory to go on. What it learned up to step ${bestStep} is kept.`;
  return null;
}
