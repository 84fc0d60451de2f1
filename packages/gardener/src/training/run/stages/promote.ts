import type { RunEventInput } from '../../../garden/runs/runs.js';
import type { Scorecard } from '../../evaluation/scorecard.js';
import type { RunContext } from '../run-context.js';

/**
 * Lets the adapter answer for its project, on the base that it was trained on, if the gate has said so; else what
 * answered before goes on.
 * @returns the run's last event
 */
export async function promote(
  { garden, project, baseModel }: RunContext,
  { promoted, reason, adapterVersion }: Scorecard,
): Promise<RunEventInput> {
  // In one write: an adapter on another base would be refused.
  if (promoted) await garden.registry.update(project.id, { baseModel, promotedAdapter: adapterVersion });
  return { type: 'run-complete', reason, adapterVersion, promoted };
}
