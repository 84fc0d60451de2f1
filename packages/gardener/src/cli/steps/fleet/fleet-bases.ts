import { asKnownError } from '../../../garden/errors/wire-error.js';
import type { ProjectRecord } from '../../../garden/project-record.js';
import type { QueuedFleet } from '../../../projects/fleet/train-fleet.js';
import type { Session } from '../../session/session.js';
import { fetchProjectModels } from '../fetch-models.js';

/**
 * Fetches what the projects need, each base once, and looks whether it can be trained where that is to follow. Projects
 * whose base cannot be had are passed over: one of hundreds must not keep the others.
 * @throws the error of the only base, where all have the same and it cannot be had; the signal's reason when aborted
 */
export async function withBases(
  session: Session,
  projects: readonly ProjectRecord[],
  { train }: { train: boolean },
): Promise<{ ready: ProjectRecord[]; passed: QueuedFleet['passed'] }> {
  const { requireTrainable } = await import('../../../models/store/require-trainable.js');
  const bases = new Set(projects.map(({ baseModel }) => baseModel));
  const faults = new Map<string, string>();
  for (const base of bases) {
    try {
      await fetchProjectModels(session, base);
      if (train) await requireTrainable(session.garden.paths, base);
    } catch (error) {
      session.signal.throwIfAborted();
      const known = asKnownError(error);
      if (known === null || bases.size === 1) throw error;
      faults.set(base, known.message);
    }
  }
  return {
    ready: projects.filter(({ baseModel }) => !faults.has(baseModel)),
    passed: projects.flatMap((project) => {
      const reason = faults.get(project.baseModel);
      return reason === undefined ? [] : [{ project, reason }];
    }),
  };
}
