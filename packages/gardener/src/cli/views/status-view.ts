import type { TrainingStatus } from '../../garden/project-record.js';
import type { StatusObject } from '../../projects/project-status.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatBytes, formatCount, formatDuration, plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';
import { renderScorecard } from './scorecard-view.js';

const LABELS: Record<TrainingStatus, string> = {
  not_started: 'not trained',
  queued: 'queued',
  preparing: 'preparing',
  training: 'training',
  paused: 'paused',
  evaluating: 'evaluating',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** A training status in words, coloured by whether it needs attention. */
export function statusLabel(status: TrainingStatus, palette: Palette): string {
  const style = {
    completed: palette.good,
    failed: palette.bad,
    cancelled: palette.warn,
    paused: palette.warn,
    not_started: palette.quiet,
  } as Partial<Record<TrainingStatus, (text: string) => string>>;
  return (style[status] ?? palette.accent)(LABELS[status]);
}

/**
 * One project's status as lines for people: what is indexed, how training stands, which model answers, the scorecard.
 * @param server address of the server that runs, without a slash at its end; null where none does
 */
export function renderStatus(status: StatusObject, palette: Palette, server: string | null): string[] {
  const { strong, quiet } = palette;
  const { project } = status;
  const title = `${strong(oneLine(project.name))}  ${quiet(oneLine(project.path))}`;
  const rows = [
    ...(project.isAway ? [[quiet('folder'), awayLine(project, palette)]] : []),
    [quiet('index'), indexLine(status, palette)],
    [quiet('training'), trainingLine(status, palette)],
    [quiet('answers'), answeringLine(status, palette)],
    // Where nothing was measured there is no choice to tell of.
    ...(status.completions.reason === null ? [] : [[quiet('completions'), completionsLine(status, palette)]]),
    // Where editors find it; a name is of any characters.
    ...(server === null ? [] : [[quiet('editors'), `${server}/p/${encodeURIComponent(project.name)}`]]),
  ];
  const lines = [title, ...renderTable(rows, { indent: 2 })];
  const { error } = status.training;
  if (error !== null) {
    lines.push('', `  ${palette.bad('error:')} ${oneLine(error.message)}`);
    lines.push(`  ${palette.accent('try:')} ${oneLine(error.remedy)}`);
  }
  const { scorecard } = status;
  if (scorecard !== null) {
    // An adapter that came in later has no figures of its own.
    if (scorecard.adapterVersion !== status.adapter.version)
      lines.push('', `  ${quiet('figures of')} adapter ${scorecard.adapterVersion}`);
    lines.push('', ...renderScorecard(scorecard, palette).map((line) => (line ? `  ${line}` : '')));
  }
  return lines;
}

function awayLine({ name }: StatusObject['project'], palette: Palette): string {
  return `${palette.warn('not there: moved, deleted or on a disk that is away')}  ${palette.quiet(`the index still answers; put it back, or gardener remove ${oneLine(name)}`)}`;
}

function indexLine({ index, project }: StatusObject, palette: Palette): string {
  const { files } = index;
  if (index.state === 'none') return palette.quiet('nothing indexed yet');
  if (index.state === 'damaged')
    return palette.bad(
      `damaged, or made by another version: gardener refresh ${oneLine(project.name)} builds it anew`,
    );
  const parts = [
    `${formatCount(files.indexed)} of ${plural(files.seen, 'file')}`,
    plural(index.chunks, 'chunk'),
  ];
  if (index.state === 'building') parts.push(palette.accent('growing'));
  if (index.vectors < index.chunks) {
    const share = Math.floor((100 * index.vectors) / index.chunks);
    parts.push(palette.accent(`found by words and names, ${share} % by meaning too`));
  }
  if (index.commit) parts.push(`at ${oneLine(index.commit).slice(0, 8)}`);
  if (index.changedSince) parts.push(palette.warn(`${plural(index.changedSince, 'file')} changed since`));
  const left = [...reasons(files.skipped, 'skipped'), ...reasons(files.failed, 'failed')];
  return [parts.join(' · '), left.length === 0 ? '' : palette.quiet(`(${left.join(', ')})`)].join(' ').trim();
}

function reasons(counts: Record<string, number>, outcome: string): string[] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${formatCount(count)} ${outcome}: ${oneLine(reason).replaceAll('-', ' ')}`);
}

function trainingLine({ training }: StatusObject, palette: Palette): string {
  const parts = [statusLabel(training.status, palette)];
  const isUnderWay = training.status === 'training' || training.status === 'paused';
  if (isUnderWay && training.steps)
    parts.push(`step ${formatCount(training.step ?? 0)} of ${formatCount(training.steps)}`);
  if (isUnderWay && training.loss !== null) parts.push(`loss ${training.loss.toFixed(3)}`);
  if (training.status === 'training' && training.tokensPerSecond)
    parts.push(`${formatCount(training.tokensPerSecond)} tokens/s`);
  if (isUnderWay && training.etaMs) parts.push(`${formatDuration(training.etaMs)} left`);
  if (training.peakMemoryBytes) parts.push(palette.quiet(`peak ${formatBytes(training.peakMemoryBytes)}`));
  const line = parts.join(' · ');
  // The reason of a completed training is the gate's, which the scorecard tells; that of a failure is its error.
  const isToldElsewhere = training.status === 'completed' || training.error !== null;
  return training.reason === null || isToldElsewhere
    ? line
    : `${line}  ${palette.quiet(oneLine(training.reason))}`;
}

/** `adapter with retrieval`, what that came to, and why where it is not what everybody expects. */
function completionsLine({ completions, adapter, scorecard }: StatusObject, { quiet }: Palette): string {
  const { by, retrieval, reason } = completions;
  const measured = scorecard?.adapterVersion === adapter.version ? scorecard?.uses?.completion : null;
  const mode = [
    `${by} ${retrieval ? 'with' : 'without'} retrieval`,
    ...(measured ? [`first line right in ${measured.adapter} of ${measured.n}, base ${measured.base}`] : []),
  ].join(' · ');
  return retrieval || reason === null ? mode : `${mode}  ${quiet(oneLine(reason))}`;
}

/** What the base goes on doing while an adapter is promoted, as a part of a line; empty where that is nothing. */
function leftToBase({ completion, answers }: StatusObject['adapter']['serves']): string {
  if (completion === 'base') return ' · completions: the base';
  return answers === 'base' ? ' · questions: the base' : '';
}

function answeringLine({ adapter, project, scorecard }: StatusObject, palette: Palette): string {
  const base = oneLine(project.baseModel);
  const reason =
    adapter.reason === null || adapter.reason === scorecard?.reason
      ? ''
      : `  ${palette.quiet(oneLine(adapter.reason))}`;
  if (adapter.promoted) {
    const left = leftToBase(adapter.serves);
    return `${palette.good(`adapter ${adapter.version}`)} on ${base}${left === '' ? '' : palette.warn(left)}${reason}`;
  }
  return `${base}, without adapter${reason}`;
}
