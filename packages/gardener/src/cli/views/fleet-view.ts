import type { FleetOutcome } from '../../projects/fleet/add-fleet.js';
import type { FleetRow, FleetRun } from '../../projects/fleet/fleet-row.js';
import type { FleetStatus, FleetTotals } from '../../projects/fleet/fleet-status.js';
import type { FollowedRun } from '../../projects/fleet/follow-fleet.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine, truncate } from '../terminal/plain-text.js';
import type { ProgressState } from '../terminal/progress.js';
import { formatCount, formatDuration, formatShare, plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';
import { statusLabel } from './status-view.js';

/** A reason in a table is cut here; `gardener status <project>` has all of it. */
const REASON_COLUMNS = 160;
const NAME_COLUMNS = 40;

/** What became of a list, one line a codebase and a line for all. */
export function renderAdded(outcomes: readonly FleetOutcome[], palette: Palette): string[] {
  const { good, quiet, warn } = palette;
  const marks = { added: good('added'), known: quiet('known'), refused: warn('refused') };
  const rows = outcomes.map(({ state, name, path, files, reason }) => [
    marks[state],
    name === null ? '' : oneLine(name),
    [quiet(oneLine(path)), reason ?? (files === null ? '' : plural(files, 'file'))].join('  ').trim(),
  ]);
  const count = (wanted: FleetOutcome['state']) => outcomes.filter(({ state }) => state === wanted).length;
  const sum = `${count('added')} added, ${count('known')} known, ${count('refused')} refused.`;
  const next = count('added') > 0 ? [`Index and train them: ${palette.accent('gardener fleet train')}`] : [];
  return [...renderTable(rows), '', sum, ...next];
}

/** The table, the failures with their reasons, and a line of totals. */
export function renderFleet({ projects, totals, damaged }: FleetStatus, palette: Palette): string[] {
  if (projects.length === 0) {
    return damaged.length > 0
      ? []
      : ['No project yet.', 'Add codebases: gardener fleet add <a file that lists them, or a folder>'];
  }
  const { quiet } = palette;
  const head = ['project', 'files', 'index', 'run', 'adapter', 'verdict', 'bits per byte'].map(quiet);
  const rows = projects.map((row) => rowOf(row, palette));
  const align = ['left', 'right', 'left', 'left', 'right', 'left', 'left'] as const;
  return [...renderTable([head, ...rows], { align }), ...failures(projects, palette), '', totalsLine(totals)];
}

function rowOf(row: FleetRow, palette: Palette): string[] {
  const { project, index, adapter, bitsPerByte } = row;
  const { quiet, strong, warn } = palette;
  const name = truncate(oneLine(project.name), NAME_COLUMNS);
  return [
    project.isAway ? warn(`${name} (not there)`) : strong(name),
    index.state === 'none' ? quiet('–') : formatCount(index.files),
    indexLabel(row, palette),
    row.run === null ? quiet('–') : runLabel(row.run, palette),
    adapter.version === null ? quiet('–') : String(adapter.version),
    verdictLabel(row, palette),
    bitsPerByte === null ? quiet('–') : bitsLabel(bitsPerByte),
  ];
}

function indexLabel({ index }: FleetRow, { quiet, accent, bad, good }: Palette): string {
  const styles = { none: quiet, building: accent, ready: good, damaged: bad };
  return styles[index.state](index.state);
}

function runLabel(run: FleetRun, palette: Palette): string {
  const parts = [statusLabel(run.status, palette)];
  if (run.kind === 'index') parts.push(palette.quiet('index'));
  if (!run.finished && run.progress !== null) parts.push(`${Math.floor(100 * run.progress)} %`);
  if (!run.finished && run.etaMs !== null) parts.push(palette.quiet(`${formatDuration(run.etaMs)} left`));
  const tries = run.failures.length;
  if (!run.finished && tries > 0) parts.push(palette.warn(`try ${tries + 1}`));
  if (run.status === 'failed' && tries > 1) parts.push(palette.quiet(`${tries} tries`));
  return parts.join(' ');
}

function verdictLabel({ verdict }: FleetRow, { quiet, good, warn }: Palette): string {
  if (verdict === null) return quiet('–');
  return { promoted: good, refused: warn, unmeasured: quiet }[verdict](verdict);
}

function bitsLabel({ base, adapter }: NonNullable<FleetRow['bitsPerByte']>): string {
  const change = ((adapter - base) / base) * 100;
  return `${base.toFixed(3)} -> ${adapter.toFixed(3)} (${change > 0 ? '+' : ''}${change.toFixed(1)} %)`;
}

function failures(rows: readonly FleetRow[], { bad, quiet }: Palette): string[] {
  const lines = rows.flatMap(({ project, run }) => {
    if (run?.status !== 'failed') return [];
    const reasons = run.failures.map(({ message }) => message);
    const told = reasons.length > 0 ? reasons : [run.reason ?? 'no reason was kept'];
    return told.map((reason, n) => {
      const which = told.length > 1 ? quiet(`try ${n + 1}: `) : '';
      return `${bad('✗')} ${oneLine(project.name)}  ${which}${truncate(oneLine(reason), REASON_COLUMNS)}`;
    });
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

function totalsLine(totals: FleetTotals): string {
  const { projects, indexed, files, chunks, waiting, working, paused, failed, promoted, refused } = totals;
  const runs = [
    ...(working > 0 ? [`${working} at work`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(paused > 0 ? [`${paused} paused`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const parts = [
    plural(projects, 'project'),
    `${indexed} indexed (${plural(files, 'file')}, ${plural(chunks, 'chunk')})`,
    ...runs,
    `${promoted} promoted`,
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  if (totals.improvement !== null)
    parts.push(`bits per byte ${formatShare(totals.improvement)} lower on average`);
  return parts.join(' · ');
}

/** What the progress line says of all runs together. */
export function describeFleet(runs: readonly FollowedRun[]): ProgressState {
  const done = runs.filter(({ state }) => state.finished).length;
  const working = runs.filter(({ state }) => state.workerPid !== null);
  const waiting = runs.length - done - working.length;
  const now = working.map(({ project, state }) => `${project.name}: ${stageOf(state)}`);
  const detail = [`${done} of ${runs.length} done`, ...(waiting > 0 ? [`${waiting} waiting`] : []), ...now];
  return { label: 'runs', done, total: runs.length, detail: detail.join(' · ') };
}

function stageOf({ status, step, steps, progress }: FollowedRun['state']): string {
  if (status === 'training' && steps) return `step ${step} of ${steps}`;
  if (progress === null) return status;
  const { stage, done, total } = progress;
  return total ? `${stage} ${Math.floor((100 * Math.min(done, total)) / total)} %` : stage;
}

/** The line that stays of a run that has ended. */
export function endOfRun({ project, state }: FollowedRun, palette: Palette): string {
  const { good, bad, warn, quiet } = palette;
  const mark = state.status === 'failed' ? bad('✗') : state.status === 'cancelled' ? warn('–') : good('✓');
  const adapter = state.adapterVersion === null ? '' : `adapter ${state.adapterVersion}, `;
  const verdict = state.adapterVersion === null ? state.status : state.promoted ? 'promoted' : 'not promoted';
  const reason = state.reason === null ? '' : truncate(oneLine(state.reason), REASON_COLUMNS);
  return `${mark} ${oneLine(project.name)}  ${adapter}${verdict.replace('_', ' ')}  ${quiet(reason)}`.trimEnd();
}
