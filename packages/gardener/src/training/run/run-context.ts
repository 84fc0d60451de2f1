import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { shareOfMachine } from '../../garden/runner/training-places.js';
import { locateRun, type RunDescription, readRunDescription } from '../../garden/runs/runs.js';
import { ENGINE_NAMES, PLACE_NAMES } from '../../garden/settings/settings.js';
import { RunDirectory } from '../run-directory/run-directory.js';
import { RunReport } from './run-report.js';

/** What all stages of a run work with. */
export interface RunContext {
  garden: Garden;
  project: ProjectRecord;
  description: RunDescription;
  options: RunOptions;
  /** The base that the run was queued with: the project may have changed its own since. */
  baseModel: string;
  /** Time for training and evaluation together. */
  budgetMs: number;
  /** Where the stages leave what they make. */
  directory: RunDirectory;
  /** Where they tell what happens. */
  report: RunReport;
  /** Aborts on cancel, pause and SIGTERM. */
  signal: AbortSignal;
}

const runOptionsSchema = z.object({
  /** Time for training and evaluation together. Defaults to the setting. */
  budgetMs: z.number().positive().optional(),
  /** The base to train on. Defaults to the project's. */
  baseModel: z.string().min(1).optional(),
  /** What trains. Defaults to onnx: runs from before there were others. */
  engine: z.enum(ENGINE_NAMES).default('onnx'),
  /** Where it trains. Defaults to local: runs from before there was another. */
  place: z.enum(PLACE_NAMES).default('local'),
  /** Continue from the promoted adapter, and only when enough code has changed. Defaults to false: a new adapter. */
  refresh: z.boolean().default(false),
  /** Share of the code tokens that rows with a gap to fill take. Defaults to what suits the base. */
  gapShare: z.number().min(0).max(0.9).optional(),
  /** Seed of split, data and training. Defaults to 1. */
  seed: z.number().int().default(1),
});

/** `options` of run.json, as far as a worker knows them. */
export type RunOptions = z.infer<typeof runOptionsSchema>;

/**
 * Everything about a run that its directory leads to.
 * @throws GardenerError `training.bad-options`, `garden.*`
 */
export async function openRunContext(
  runDirectory: string,
  signal: AbortSignal,
  report = new RunReport(runDirectory),
): Promise<RunContext> {
  const { paths, projectId } = locateRun(runDirectory);
  const description = await readRunDescription(runDirectory);
  const garden = await openGarden({ dataDir: paths.root, settings: await shareOfMachine(paths) });
  const project = await garden.registry.get(projectId);
  const options = parseRunOptions(description.options);
  const budgetMs = options.budgetMs ?? garden.settings.budgetMs;
  const baseModel = options.baseModel ?? project.baseModel;
  const directory = new RunDirectory(runDirectory);
  return { garden, project, description, options, baseModel, budgetMs, directory, report, signal };
}

function parseRunOptions(options: Record<string, unknown>): RunOptions {
  const parsed = runOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? 'options';
  throw new GardenerError('training.bad-options', `The run cannot be started: ${where} does not fit.`, {
    remedy: 'Start it again with `gardener train <project>`.',
    details: { issue: issue?.message },
  });
}
