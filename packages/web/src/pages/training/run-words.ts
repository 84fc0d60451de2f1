import type { RunView } from '../../api/types.js';
import type { Tone } from '../../design/parts.js';

const STATUS: Record<string, { label: string; tone: Tone; busy?: true }> = {
  not_started: { label: 'Not started', tone: 'plain' },
  queued: { label: 'Waiting', tone: 'info', busy: true },
  preparing: { label: 'Preparing', tone: 'info', busy: true },
  indexing: { label: 'Indexing', tone: 'info', busy: true },
  training: { label: 'Training', tone: 'info', busy: true },
  paused: { label: 'Paused', tone: 'warn' },
  evaluating: { label: 'Measuring', tone: 'info', busy: true },
  completed: { label: 'Completed', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
};

/** A run's state in words. */
export function runWords({ status, kind, finished }: Pick<RunView, 'status' | 'kind' | 'finished'>): {
  label: string;
  tone: Tone;
  busy: boolean;
} {
  if (kind === 'index' && !finished && status !== 'queued')
    return { label: 'Indexing', tone: 'info', busy: true };
  const { label, tone, busy = false } = STATUS[status] ?? { label: status, tone: 'plain' as const };
  return { label, tone, busy };
}

/** The outcome of a run, such as "Adapter 3, promoted". */
export function outcomeOf({ kind, finished, adapterVersion, promoted, reason, error }: RunView): string {
  if (error) return error.message;
  if (!finished) return '';
  if (kind === 'index') return reason ?? 'Index renewed';
  if (adapterVersion !== null) return `Adapter ${adapterVersion}, ${promoted ? 'promoted' : 'not promoted'}`;
  return reason ?? '';
}

/** The run that the training page shows: the one under way, else the last training, else the last index refresh. */
export function newestToShow(runs: readonly RunView[]): RunView | undefined {
  return runs.find(({ finished }) => !finished) ?? runs.find(({ kind }) => kind === 'train') ?? runs[0];
}
