import { type RunEventInput, readRunState } from '../../../garden/runs/runs.js';
import type { Scorecard } from '../../evaluation/scorecard.js';
import type { RunContext } from '../run-context.js';

/** With fewer steps an adapter has learned next to nothing, whatever the code. */
const FEW_STEPS = 50;

/**
 * Lets the adapter answer for its project, on the base that it was trained on, if the gate has said so; else what
 * answered before goes on. Also where a person has chosen something else to answer since the run was asked for: it was
 * not compared with that.
 * @returns the run's last event
 */
export async function promote(
  { garden, project, description, baseModel, directory }: RunContext,
  { promoted, reason, adapterVersion }: Scorecard,
): Promise<RunEventInput> {
  const now = await garden.registry.get(project.id);
  const { baseModel: baseBefore, promotedAdapter = project.promotedAdapter } = description.project ?? project;
  const isAsBefore = now.baseModel === baseBefore && now.promotedAdapter === promotedAdapter;
  // One that was killed right after it had promoted its adapter finds it promoted.
  if (promoted && !isAsBefore && now.promotedAdapter !== adapterVersion) {
    const kept =
      `${reason} But what answers was chosen by hand while it was trained, and goes on: ` +
      `gardener promote ${project.name} ${adapterVersion} takes the new adapter.`;
    return { type: 'run-complete', reason: kept, adapterVersion, promoted: false };
  }
  // In one write: an adapter on another base would be refused.
  if (promoted) await garden.registry.update(project.id, { baseModel, promotedAdapter: adapterVersion });
  const { step } = await readRunState(directory.path);
  const hint =
    promoted || step === 0 || step >= FEW_STEPS
      ? ''
      : ` It had time for ${step} ${step === 1 ? 'step' : 'steps'} only: more of it helps, gardener train ${project.name} --budget 1h.`;
  return { type: 'run-complete', reason: `${reason}${hint}`, adapterVersion, promoted };
}
