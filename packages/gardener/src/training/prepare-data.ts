import { makeRunData } from './data-stage.js';
import { indexCodebase } from './index-stage.js';
import { findEarlierTraining, planRefresh } from './refresh.js';
import { type RunContext, requireModel } from './run-context.js';

/**
 * Indexes the codebase and makes the run's data.
 * @returns null when that is done, or one sentence why nothing is trained
 * @throws GardenerError `codebase.*`, `retrieval.*`, `training.*`, `garden.*`
 */
export async function prepareData(context: RunContext): Promise<string | null> {
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  // First: a damaged base model is to be known before a long indexing, not after it.
  const model = await requireModel(context, context.project.baseModel);
  const base = await loadBaseModel(model.weights);
  try {
    const codebase = await indexCodebase(context);
    if (!context.options.refresh) return await makeRunData(context, codebase, base);
    const plan = planRefresh(await findEarlierTraining(context), codebase.files);
    if (!plan.train) return plan.reason;
    await context.report.event({ type: 'log', message: plan.reason });
    return await makeRunData(context, codebase, base, plan);
  } finally {
    await base.close();
  }
}
