import type { ProjectView, Scorecard } from '../../api/types.js';
import { percent } from '../../format.js';

/** Which model answers and why, for the head of the overview. */
export interface Verdict {
  tone: 'good' | 'plain' | 'bad' | 'warn';
  title: string;
  reason: string | null;
}

/** The verdict on a project as it is now. */
export function verdictOf({ adapter, scorecard, index, training }: ProjectView): Verdict {
  if (adapter.promoted) {
    // The gate had refused an adapter that was promoted by hand: then `adapter.reason` says so.
    const own = scorecard?.adapterVersion === adapter.version && scorecard.promoted ? scorecard : null;
    return {
      tone: own === null && scorecard !== null ? 'warn' : 'good',
      title: titleOf(adapter),
      reason: (own && gain(own)) ?? adapter.reason,
    };
  }
  if (index.state === 'damaged') {
    return {
      tone: 'bad',
      title: 'The index is damaged, or of another version',
      reason: 'Refresh it: it is built again from your files.',
    };
  }
  if (index.state === 'none') {
    return {
      tone: 'plain',
      title: 'Nothing is indexed yet',
      reason: 'Refresh the index to read the files of this folder.',
    };
  }
  const refused = scorecard !== null && !scorecard.promoted && adapter.reason === scorecard.reason;
  // The gate's sentence stands beside the figures that it is about.
  const reason = refused
    ? `Adapter ${adapter.version} was refused by the gate; its figures are below.`
    : (adapter.reason ?? training.reason);
  return { tone: 'plain', title: 'The base model answers', reason };
}

function titleOf({ version, serves }: ProjectView['adapter']): string {
  if (serves.completion === 'base') return `Adapter ${version} answers, the base completes code`;
  if (serves.answers === 'base') return `Adapter ${version} completes code, the base answers`;
  return `Adapter ${version} answers`;
}

/** "Its loss on code it has not seen is 23.7 % lower than the base model’s (95 % interval 19.6 % to 28.0 %)." */
export function gain({ improvement }: Pick<Scorecard, 'improvement'>): string | null {
  if (improvement === null || improvement.value <= 0) return null;
  const { value, low, high } = improvement;
  const range = low === null || high === null ? '' : ` (95 % interval ${percent(low)} to ${percent(high)})`;
  return `Its loss on code it has not seen is ${percent(value)} lower than the base model’s${range}.`;
}
