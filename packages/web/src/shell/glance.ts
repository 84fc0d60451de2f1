import type { ProjectView } from '../api/types.js';
import type { Tone } from '../design/parts.js';
import { remaining } from '../format.js';

/** A project's state in a few words, for the selector. */
export interface GlanceWords {
  tone: Tone;
  label: string;
  /** Time left, where it is known. */
  eta: string | null;
  busy: boolean;
}

const STATES: Record<string, { tone: Tone; label: string; busy?: true }> = {
  none: { tone: 'plain', label: 'Not indexed' },
  indexing: { tone: 'info', label: 'Indexing', busy: true },
  queued: { tone: 'info', label: 'Waiting', busy: true },
  training: { tone: 'info', label: 'Training', busy: true },
  paused: { tone: 'warn', label: 'Paused' },
  evaluating: { tone: 'info', label: 'Measuring', busy: true },
  ready: { tone: 'good', label: 'Adapter answers' },
  'base-only': { tone: 'plain', label: 'Base model only' },
  error: { tone: 'bad', label: 'Failed' },
};

/** What the selector shows of a project. */
export function glanceWords({
  glance,
  progress,
  etaMs,
}: Pick<ProjectView, 'glance' | 'progress' | 'etaMs'>): GlanceWords {
  const state = STATES[glance] ?? { tone: 'plain' as const, label: glance };
  // At 100 % the files are read but their chunks are still being embedded: the figure would look finished.
  const shows = progress !== null && progress < 1 && (state.busy || glance === 'paused');
  return {
    tone: state.tone,
    label: shows ? `${state.label} ${Math.floor(progress * 100)} %` : state.label,
    eta: state.busy && etaMs !== null ? remaining(etaMs) : null,
    busy: state.busy ?? false,
  };
}
