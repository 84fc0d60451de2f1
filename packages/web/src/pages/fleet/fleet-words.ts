import type { FleetRow, FleetView } from '../../api/types.js';
import type { Tone } from '../../design/parts.js';
import { count, percent, plural, remaining } from '../../format.js';

/** Which rows the table shows. */
export type FleetFilter = 'all' | 'working' | 'failed' | 'promoted' | 'other';

/** A state in a few words with its colour. */
export interface FleetState {
  tone: Tone;
  label: string;
  busy: boolean;
}

const STATUS: Record<string, { tone: Tone; label: string; busy?: true }> = {
  not_started: { tone: 'plain', label: 'Not trained' },
  queued: { tone: 'info', label: 'Waiting' },
  preparing: { tone: 'info', label: 'Preparing', busy: true },
  training: { tone: 'info', label: 'Training', busy: true },
  evaluating: { tone: 'info', label: 'Measuring', busy: true },
  paused: { tone: 'warn', label: 'Paused' },
  completed: { tone: 'good', label: 'Completed' },
  failed: { tone: 'bad', label: 'Failed' },
  cancelled: { tone: 'plain', label: 'Cancelled' },
};

/** What the run of a row is about, with how far it is: "Training 40 %". */
export function runState({ run }: Pick<FleetRow, 'run'>): FleetState {
  if (run === null) return { tone: 'plain', label: 'Not trained', busy: false };
  const { tone, label, busy = false } = STATUS[run.status] ?? { tone: 'plain' as const, label: run.status };
  const name = run.kind === 'index' && busy ? 'Indexing' : label;
  const share = run.finished || run.progress === null ? '' : ` ${Math.floor(run.progress * 100)} %`;
  return { tone, label: name + share, busy };
}

/** The line below a run's state: time left, which try it is, why it failed; null where there is nothing to say. */
export function runDetail({ run }: Pick<FleetRow, 'run'>): string | null {
  if (run === null) return null;
  if (run.status === 'failed') {
    const tries = run.failures.length > 1 ? `${run.failures.length} tries. ` : '';
    return `${tries}${run.failures.at(-1)?.message ?? run.reason ?? ''}`;
  }
  if (run.status === 'not_started') return run.reason;
  if (run.finished) return null;
  const parts = [
    ...(run.etaMs === null ? [] : [`${remaining(run.etaMs)} left`]),
    ...(run.failures.length === 0
      ? []
      : [`try ${run.failures.length + 1}, after: ${run.failures.at(-1)?.message}`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

const VERDICTS: Record<NonNullable<FleetRow['verdict']>, { tone: Tone; label: string }> = {
  promoted: { tone: 'good', label: 'Promoted' },
  refused: { tone: 'warn', label: 'Refused' },
  unmeasured: { tone: 'plain', label: 'Not measured' },
};

/** What became of a row's adapter; null where there is none. */
export function verdictState({ verdict }: Pick<FleetRow, 'verdict'>): { tone: Tone; label: string } | null {
  return verdict === null ? null : VERDICTS[verdict];
}

/** "1.402 to 1.207, 13.9 % lower" */
export function bitsWords({ base, adapter }: NonNullable<FleetRow['bitsPerByte']>): string {
  const fall = (base - adapter) / base;
  return `${base.toFixed(3)} to ${adapter.toFixed(3)}, ${percent(Math.abs(fall))} ${fall >= 0 ? 'lower' : 'higher'}`;
}

/** One sentence about all rows. */
export function totalsWords({ totals }: FleetView): string {
  const { projects, indexed, files, working, waiting, failed, promoted, improvement } = totals;
  const parts = [
    plural(projects, 'project'),
    `${count(indexed)} indexed (${plural(files, 'file')})`,
    ...(working > 0 ? [`${count(working)} at work`] : []),
    ...(waiting > 0 ? [`${count(waiting)} waiting`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    `${count(promoted)} promoted`,
    ...(improvement === null
      ? []
      : [
          `bits per byte ${percent(Math.abs(improvement))} ${improvement >= 0 ? 'lower' : 'higher'} on average`,
        ]),
  ];
  return parts.join(', ');
}

/** The rows that a filter and a few letters of the name or the path leave. */
export function shownRows(rows: readonly FleetRow[], filter: FleetFilter, query: string): FleetRow[] {
  const wanted = query.trim().toLowerCase();
  return rows.filter(
    (row) =>
      (filter === 'all' || filter === groupOf(row)) &&
      (row.project.name.toLowerCase().includes(wanted) || row.project.path.toLowerCase().includes(wanted)),
  );
}

/** Which filter shows a row, beside `all`. */
export function groupOf({ run, verdict }: FleetRow): Exclude<FleetFilter, 'all'> {
  if (run !== null && !run.finished) return 'working';
  if (run?.status === 'failed') return 'failed';
  return verdict === 'promoted' ? 'promoted' : 'other';
}
