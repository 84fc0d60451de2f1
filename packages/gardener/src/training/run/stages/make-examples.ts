import { type History, historyNote, readHistory } from '../../../codebase/history/read-history.js';
import { PASSAGE_CANDIDATES } from '../../../prompt/like-passages.js';
import type { BaseFacts } from '../../adapters/open-base.js';
import { type ExampleOptions, type ExampleSet, makeExamples } from '../../data/examples.js';
import { type GapExample, gapBase } from '../../data/gaps/gap-examples.js';
import { gapsInTurn, MAX_HELD_OUT_GAPS } from '../../data/gaps/gap-rows.js';
import { completionPlaces } from '../../data/known/completion-places.js';
import { knownQuestions } from '../../data/known/known-questions.js';
import type { RunData } from '../../data/run-data.js';
import { stoppingQuestions } from '../../evaluation/stopping-questions.js';
import { KNOWN_ANSWER_TOKENS } from '../../evaluation/uses/measure-uses.js';
import type { RunContext } from '../run-context.js';
import { type IndexedCodebase, withIndex } from './index-codebase.js';
import { findEarlierTraining, planRefresh, type RefreshPlan } from './plan-refresh.js';
import { SCORING_CONTEXT_TOKENS } from './scoring.js';

/** No CPU trains on more tokens a second than this, so examples beyond budget times this figure would never be used. */
const MAX_TOKENS_PER_SECOND = 4_000;
const MIN_TRAINING_TOKEN_LIMIT = 400_000;
/** Each validation costs time that training could use: a short run gets a small set. */
const VALIDATION_TOKENS_PER_SECOND = 10;
const MIN_VALIDATION_TOKENS = 1_500;
const MAX_VALIDATION_TOKENS = 4_000;
/** Questions with known answers that are made; as many are asked as the time allows. */
const KNOWN_QUESTIONS = 40;
/** Places of validation files on which it is chosen how completions are asked for, where the time allows. */
const VALIDATION_PLACES = 40;
/** A place takes a tenth of a second to make and seconds to measure: so many are made that none is missed. */
const PLACES_PER_SECOND = 0.2;
const MIN_PLACES = 8;
/**
 * Tokens of a place to complete, its prompt and what is written, half of what is scored at once: twice as many places
 * in the same time say more than twice the code before each.
 */
export const PLACE_TOKENS = SCORING_CONTEXT_TOKENS / 2;
/** Fewer held-out files give no interval, and so no decision. */
const MIN_SCORED_FILES = 2;

/** What came of it; `reason` is one sentence for people. */
export type ExamplesOutcome =
  /** The run directory holds the examples. */
  | { kind: 'ready' }
  /** There is too little code to train on. */
  | { kind: 'too-small'; reason: string }
  /** Of a refresh: there is nothing to continue from, too little has changed, or too little is new to measure it on. */
  | { kind: 'adapter-stays'; reason: string };

/** A refresh that trains: about the files that changed, and nothing the adapter has seen is held out. */
type Continuation = Extract<RefreshPlan, { train: true }>;

/** Makes a run's examples, of a new adapter or of one that is continued, and leaves them in the run directory. */
export async function makeRunExamples(
  run: RunContext,
  { codebase, base }: { codebase: IndexedCodebase; base: BaseFacts },
): Promise<ExamplesOutcome> {
  const { options, report, directory } = run;
  let continuation: Continuation | null = null;
  if (options.refresh) {
    const plan = planRefresh(await findEarlierTraining(run), codebase.files);
    if (!plan.train) return { kind: 'adapter-stays', reason: plan.reason };
    await report.event({ type: 'log', message: plan.reason });
    continuation = plan;
  }
  const history = await recentHistory(run);
  report.progress('making examples', 0, null);
  // A large codebase takes most of a minute in one go.
  await report.written();
  const set = makeExamples(codebase.files, base, {
    ...exampleOptions(run, codebase, base, continuation),
    history,
  });
  const obstacle = continuation === null ? tooSmall(run, set) : tooFewToContinue(set);
  if (obstacle !== null) return obstacle;
  const trained = new Set(set.manifest.train.files);
  const chunks = codebase.files.filter((file) => trained.has(file.path)).flatMap((file) => file.chunks);
  const uses = await makeUses(run, codebase, base, set);
  await directory.writeData({ ...set, questions: stoppingQuestions(chunks, options.seed), uses });
  return { kind: 'ready' };
}

/** What people use an adapter for, with known outcomes: places of held-out files to complete, questions to answer. */
async function makeUses(
  run: RunContext,
  codebase: IndexedCodebase,
  base: BaseFacts,
  { heldOut, manifest }: ExampleSet,
): Promise<RunData['uses']> {
  const { options, project, report, signal } = run;
  const countTokens = (text: string) => base.tokenizer.encode(text).length;
  const contextTokens = Math.min(SCORING_CONTEXT_TOKENS, base.contextLength);
  const placeTokens = Math.min(PLACE_TOKENS, contextTokens / 2);
  const excludePaths = manifest.heldOut.files;
  const places = Math.max(MIN_PLACES, Math.ceil((run.budgetMs / 1000) * PLACES_PER_SECOND));
  report.progress('making questions', 0, null);
  const questions = await knownQuestions(
    codebase.files.flatMap((file) => file.chunks),
    new Set(excludePaths),
    {
      ...{ seed: options.seed, projectName: project.name, count: KNOWN_QUESTIONS },
      ...{ contextTokens, answerTokens: KNOWN_ANSWER_TOKENS, countTokens },
    },
  );
  const validating = validationGaps(codebase, base, { manifest, repository: project.name });
  return withIndex(run, async (index, embedder) => {
    const placesOf = (files: Parameters<typeof completionPlaces>[0], count: number, hidden: string[]) =>
      completionPlaces(files, codebase.files, {
        ...{ repository: project.name, contextTokens: placeTokens, countTokens, signal, count },
        search: (query) => index.search(query, embedder, { k: PASSAGE_CANDIDATES, excludePaths: hidden }),
      });
    return {
      questions,
      places: await placesOf(heldOut, Math.min(MAX_HELD_OUT_GAPS, places), excludePaths),
      validation: await placesOf(validating, Math.min(VALIDATION_PLACES, places), [
        ...excludePaths,
        ...manifest.validation.files,
      ]),
    };
  });
}

/** Gaps of the validation files, from the files in turn; lines with secrets are in none. */
function validationGaps(
  { files }: IndexedCodebase,
  { tokenizer }: BaseFacts,
  { manifest, repository }: { manifest: ExampleSet['manifest']; repository: string },
): { path: string; gaps: GapExample[] }[] {
  const paths = new Set(manifest.validation.files);
  const sides = files
    .filter(({ path }) => paths.has(path))
    .map((file) => ({
      file,
      excludedLines: (file.secrets ?? []).map(({ line, endLine }) => ({ startLine: line, endLine })),
    }));
  const { seed, sequenceLength } = manifest;
  const drawn = gapsInTurn(sides, VALIDATION_PLACES, gapBase(tokenizer), {
    seed,
    sequenceLength,
    repository,
  });
  return sides.map(({ file: { path } }, index) => ({ path, gaps: drawn[index] ?? [] }));
}

/** The edits of the last months, where rows of them are asked for; says so where there are none, or not all. */
async function recentHistory({ garden, project, report, signal }: RunContext): Promise<History | null> {
  if (garden.settings.commitRowShare === 0) return null;
  report.progress('reading the history', 0, null);
  const history = await readHistory(project.path, { signal });
  const message = historyNote(history);
  if (message !== null) await report.event({ type: 'log', message });
  return history;
}

function exampleOptions(
  { garden, project, options, budgetMs }: RunContext,
  { commit }: IndexedCodebase,
  base: BaseFacts,
  continuation: Continuation | null,
): ExampleOptions {
  const budgetSeconds = budgetMs / 1000;
  const validationTokens = Math.max(MIN_VALIDATION_TOKENS, budgetSeconds * VALIDATION_TOKENS_PER_SECOND);
  return {
    seed: options.seed,
    sequenceLength: Math.min(garden.settings.sequenceLength, base.contextLength),
    commit,
    repository: project.name,
    rows: {
      bodies: garden.settings.bodyRowShare,
      related: garden.settings.relatedRowShare,
      commits: garden.settings.commitRowShare,
      recent: garden.settings.recentEditWeight,
      tests: garden.settings.testRowWeight,
    },
    allowedSecrets: garden.settings.allowedSecrets,
    ...(options.gapShare !== undefined && { gapShare: options.gapShare }),
    maxValidationTokens: Math.min(MAX_VALIDATION_TOKENS, validationTokens),
    maxTrainingTokens: Math.max(MIN_TRAINING_TOKEN_LIMIT, budgetSeconds * MAX_TOKENS_PER_SECOND),
    ...(continuation && {
      continuedFrom: continuation.earlier.version,
      seenBefore: continuation.seen,
      focus: continuation.changed,
    }),
  };
}

function tooSmall({ garden }: RunContext, { manifest, heldOut }: ExampleSet): ExamplesOutcome | null {
  const { minTrainingTokens } = garden.settings;
  const count = (tokens: number): string => tokens.toLocaleString('en-US');
  if (manifest.train.tokens < minTrainingTokens) {
    const reason =
      `There are ${count(manifest.train.tokens)} tokens of code to train on, after some files are set aside for measuring; ` +
      `training starts at ${count(minTrainingTokens)} (setting minTrainingTokens).`;
    return { kind: 'too-small', reason };
  }
  if (heldOut.length >= MIN_SCORED_FILES) return null;
  const reason =
    'There are too few different files to set some aside for measuring; training starts at about ten files.';
  return { kind: 'too-small', reason };
}

function tooFewToContinue({ heldOut, manifest }: ExampleSet): ExamplesOutcome | null {
  if (manifest.train.examples === 0) {
    const reason =
      'Of what has changed nothing can be learned from: it is generated, minified, or copied from elsewhere in the code.';
    return { kind: 'adapter-stays', reason };
  }
  if (heldOut.length >= MIN_SCORED_FILES) return null;
  const reason =
    'Too few files are new to the adapter, so a refreshed one could not be measured: `gardener train` makes a new one.';
  return { kind: 'adapter-stays', reason };
}
