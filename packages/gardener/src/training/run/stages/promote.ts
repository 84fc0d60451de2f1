import type { RunEventInput } from '../../../garden/runs/runs.js';
import type { Scorecard } from '../../evaluation/scorecard.js';
import type { RunContext } from '../run-context.js';

/**
 * Lets the adapter answer for its project, if the gate has said so; else what answered before goes on.
 * @returns the run's last event
 */
export async function promote(
  { garden, project }: RunContext,
  { promoted, reason, adapterVersion }: Scorecard,
): Promise<RunEventInput> {
  if (promoted) await garden.registry.update(project.id, { promotedAdapter: adapterVersion });
  return { type: 'run-complete', reason, adapterVersion, promoted };
}
