import type { BaseModel } from '@codebase-gardener/lora';
import { makeExamples } from '../data/examples.js';
import { stoppingQuestions } from '../data/questions.js';
import type { IndexedCodebase } from './index-stage.js';
import { type RefreshPlan, seenBefore } from './refresh.js';
import type { RunContext } from './run-context.js';
import { writeRunData } from './run-data.js';

/** More tokens a second than any CPU trains: data beyond budget times this would never be seen. */
const MAX_TOKENS_PER_SECOND = 4_000;
const MIN_TRAINING_TOKEN_LIMIT = 400_000;

/** Fewer held-out files give no interval, and so no decision. */
const MIN_SCORED_FILES = 2;

/**
 * Makes a run's examples and writes them into its directory.
 * @param continued a refresh: training is about the changed files, and nothing the adapter has seen is held out
 * @returns null when that is done, or one sentence saying why the codebase cannot be trained on
 */
export async function makeRunData(
  context: RunContext,
  codebase: IndexedCodebase,
  base: BaseModel,
  continued: Extract<RefreshPlan, { train: true }> | null = null,
): Promise<string | null> {
  const { garden, options, report, runDirectory } = context;
  const { settings } = garden;
  report.progress('making examples', 0, null);
  const budgetMs = options.budgetMs ?? settings.budgetMs;
  const set = makeExamples(codebase.files, base, {
    seed: options.seed,
    sequenceLength: Math.min(settings.sequenceLength, base.config.contextLength),
    commit: codebase.commit,
    // Each validation costs time that training could use: a short run gets a small set.
    maxValidationTokens: Math.min(4_000, Math.max(1_500, (budgetMs / 1000) * 10)),
    maxTrainingTokens: Math.max(MIN_TRAINING_TOKEN_LIMIT, (budgetMs / 1000) * MAX_TOKENS_PER_SECOND),
    ...(continued ? continuation(continued) : {}),
  });
  const { manifest } = set;
  if (continued === null && manifest.train.tokens < settings.minTrainingTokens) {
    const count = (tokens: number): string => tokens.toLocaleString('en-US');
    return (
      `There are ${count(manifest.train.tokens)} tokens of code to train on, after some files are set aside for measuring; ` +
      `training starts at ${count(settings.minTrainingTokens)} (setting minTrainingTokens).`
    );
  }
  if (set.heldOut.length < MIN_SCORED_FILES) {
    return continued === null
      ? 'There are too few different files to set some aside for measuring; training starts at about ten files.'
      : 'Too few files are new to the adapter, so a refreshed one could not be measured: `gardener train` makes a new one.';
  }
  const trained = new Set(manifest.train.files);
  const chunks = codebase.files.filter((file) => trained.has(file.path)).flatMap((file) => file.chunks);
  await writeRunData(runDirectory, { ...set, questions: stoppingQuestions(chunks, options.seed) });
  return null;
}

function continuation({ earlier, changed }: Extract<RefreshPlan, { train: true }>) {
  return { continuedFrom: earlier.version, seenBefore: seenBefore(earlier.manifest), focus: changed };
}
