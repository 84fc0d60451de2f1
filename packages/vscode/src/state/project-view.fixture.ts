import type { ProjectView } from '../api/types.js';

/** A project as the server tells it: indexed, with an adapter that answers. */
export function projectView(
  change: Partial<ProjectView> & { name?: string; path?: string } = {},
): ProjectView {
  const { name = 'shop', path = '/code/shop', ...rest } = change;
  return {
    project: { id: `${name}-1`, name, path, baseModel: 'smollm2-135m-instruct', isAway: false },
    index: {
      ...{ state: 'ready', chunks: 900, vectors: 900, commit: '0123456789abcdef', changedSince: 0 },
      files: { seen: 1_300, indexed: 1_234, skipped: {}, failed: {} },
    },
    training: {
      ...{ status: 'completed', reason: null, step: null, steps: null, loss: null, etaMs: null },
      ...{ tokensPerSecond: null, peakMemoryBytes: null, error: null },
    },
    adapter: {
      ...{ version: 3, promoted: true, reason: null },
      serves: { completion: 'adapter', answers: 'adapter' },
    },
    scorecard: null,
    active: true,
    createdAt: '2026-01-01T00:00:00.000Z',
    run: null,
    glance: 'ready',
    progress: null,
    etaMs: null,
    watching: true,
    ...rest,
    // What the extension does not look at is left out.
  } as ProjectView;
}
