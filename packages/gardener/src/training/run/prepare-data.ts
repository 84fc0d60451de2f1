import { makeRunData } from './data-stage.js';
import { indexCodebase, refreshProjectIndex } from './index-stage.js';
import { findEarlierTraining, planRefresh } from './refresh.js';
import { type RunContext, requireModel } from './run-context.js';

/**
 * Indexes the codebase and, of a training run, makes its data.
 * @returns null when data is made, or one sentence: why nothing is trained, or what is indexed
 * @throws GardenerError `codebase.*`, `retrieval.*`, `training.*`, `garden.*`
 */
export async function prepareData(context: RunContext): Promise<string | null> {
  if (context.description.kind === 'index') return `${await refreshProjectIndex(context)} files are indexed.`;
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
    await base[Symbol.asyncDispose]();
  }
}
