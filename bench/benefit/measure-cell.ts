import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRunEvents } from '../../packages/gardener/src/garden/runs/runs.js';
import type { Scorecard } from '../../packages/gardener/src/training/evaluation/scorecard.js';
import type { Arm } from '../../packages/gardener/src/training/evaluation/two-by-two/place-outcome.js';
import { GardenerCommand } from '../pipeline/gardener-command.js';
import type { BenefitCodebase } from './codebases.js';

/** Both sides of one figure. */
interface Sides {
  base: number;
  adapter: number;
}

/** What one codebase, one base and one budget came to. */
export interface Cell {
  name: string;
  version: string;
  language: string;
  isNew: boolean;
  base: string;
  budget: string;
  /** All held-out files and places, measured after the run; else what the run itself had time for. */
  full: boolean;
  error: string | null;
  promoted: boolean;
  reason: string | null;
  bitsPerByte: Sides | null;
  /** Relative fall of the held-out loss with its 95 % interval. */
  improvement: { value: number; low: number; high: number } | null;
  nextLineExact: Sides | null;
  gapsExact: (Sides & { n: number }) | null;
  /** First lines right of `n` completions, as the product makes them, with related code and without. */
  completions: (Sides & { n: number }) | null;
  completionsAlone: (Sides & { n: number }) | null;
  answers: (Sides & { n: number }) | null;
  generalLoss: Sides | null;
  memorised: (Sides & { n: number }) | null;
  serves: { completion: string; answers: string } | null;
  /** How code is completed: by whom, with related code or without; missing in cells of older benches. */
  completes?: string | null;
  /**
   * Of an adapter that was promoted, completions at places of held-out files that its gate has not seen; null of one
   * that was not, missing in cells of older benches.
   */
  fresh?: Fresh | null;
  steps: number;
  /** The highest that it trained with; missing in cells of older benches, which all had 0.001. */
  learningRate?: number;
  tokensPerSecond: number | null;
  peakMemoryBytes: number | null;
  wallMs: number;
  /** Validation loss over the minutes of training. */
  curve: { minutes: number; loss: number }[];
  processor: string;
  /** Processes that wanted a core in the minute before the end; more than the cores: measured beside other work. */
  load: number;
}

/**
 * Places right of `n`, exactly and by their first line, and by how much the adapter is ahead where both have related
 * code.
 */
export interface Fresh {
  n: number;
  exact: Record<Arm, number>;
  firstLine: Record<Arm, number>;
  /** Of first lines, paired by file, with its 95 % interval. */
  ahead: { value: number; low: number | null; high: number | null };
}

/** Adds a codebase with a base in a data directory of its own, trains, and reads what came of it. */
export async function measureCell(
  codebase: BenefitCodebase,
  root: string,
  { base, budget, full, places }: { base: string | null; budget: string; full: boolean; places: number },
): Promise<Cell> {
  const work = await mkdtemp(join(tmpdir(), 'gardener-benefit-'));
  try {
    const gardener = new GardenerCommand(join(work, 'data'));
    const started = performance.now();
    const chosen = base === null ? [] : ['--base', base];
    const added = await gardener.run(
      'add',
      root,
      '--name',
      'measured',
      ...chosen,
      '--budget',
      budget,
      '--wait',
    );
    const wallMs = performance.now() - started;
    const wanted = [...(full ? ['--full'] : []), ...(places > 0 ? ['--places', String(places)] : [])];
    const isPromoted = added.status?.adapter.promoted === true;
    const isMeasured = added.status?.adapter.version && (full || (isPromoted && places > 0));
    const measured = isMeasured ? await gardener.run('evaluate', 'measured', ...wanted) : added;
    const status = measured.status ?? added.status;
    const { completions = null } = status ?? {};
    const { training, adapter, project } = status ?? {};
    const failed = added.exitCode !== 0 || training?.status !== 'completed';
    return {
      ...{
        name: codebase.name,
        version: codebase.version,
        language: codebase.language,
        isNew: codebase.isNew,
      },
      base: project?.baseModel.split('/').at(-1) ?? base ?? 'default',
      ...{ budget, full },
      error: failed ? (training?.error?.message ?? training?.reason ?? added.stderr.slice(-500)) : null,
      promoted: adapter?.promoted ?? false,
      reason: adapter?.reason ?? training?.reason ?? null,
      ...figuresOf(status?.scorecard ?? null),
      serves: adapter?.serves ?? null,
      completes: completions && `${completions.by} ${completions.retrieval ? 'with' : 'without'} retrieval`,
      fresh: isPromoted ? freshOf(status?.scorecard ?? null) : null,
      peakMemoryBytes: training?.peakMemoryBytes ?? null,
      wallMs,
      ...(await trainingOf(gardener)),
      processor: cpus()[0]?.model ?? 'unknown',
      load: loadavg()[0] ?? 0,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type Figures = Pick<
  Cell,
  | 'bitsPerByte'
  | 'improvement'
  | 'nextLineExact'
  | 'gapsExact'
  | 'completions'
  | 'completionsAlone'
  | 'answers'
  | 'generalLoss'
  | 'memorised'
>;

function figuresOf(card: Scorecard | null): Figures {
  const both = (of: 'bitsPerByte' | 'exactMatch' | 'fimExactMatch') => {
    const base = card?.base.noRetrieval[of];
    const adapter = card?.adapter.noRetrieval[of];
    return base && adapter ? { base: base.value, adapter: adapter.value, n: base.n } : null;
  };
  const counts = (of: (Sides & { n: number }) | null | undefined) =>
    of ? { base: of.base, adapter: of.adapter, n: of.n } : null;
  const { improvement, uses, generalLoss = null, memorised = null } = card ?? {};
  return {
    bitsPerByte: both('bitsPerByte'),
    improvement: improvement
      ? { value: improvement.value, low: improvement.low, high: improvement.high }
      : null,
    nextLineExact: both('exactMatch'),
    gapsExact: both('fimExactMatch'),
    completions: counts(uses?.completion),
    completionsAlone: counts(uses?.completion?.alone),
    answers: counts(uses?.answers),
    generalLoss,
    memorised,
  };
}

function freshOf(card: Scorecard | null): Fresh | null {
  const { twoByTwo = null } = card ?? {};
  if (twoByTwo === null) return null;
  const { arms, differences, places } = twoByTwo;
  const counts = (of: 'exact' | 'firstLine'): Record<Arm, number> => {
    const count = (arm: Arm) => Math.round((arms[arm][of]?.value ?? 0) * places);
    const [baseAlone, baseRetrieved] = [count('baseAlone'), count('baseRetrieved')];
    return {
      ...{ baseAlone, baseRetrieved },
      ...{ adapterAlone: count('adapterAlone'), adapterRetrieved: count('adapterRetrieved') },
    };
  };
  const { value = 0, low = null, high = null } = differences.adapterRetrieved.firstLine ?? {};
  return { n: places, exact: counts('exact'), firstLine: counts('firstLine'), ahead: { value, low, high } };
}

/** How far and how fast it trained, and the validation loss on its way. */
async function trainingOf(
  gardener: GardenerCommand,
): Promise<Pick<Cell, 'steps' | 'learningRate' | 'tokensPerSecond' | 'curve'>> {
  const run = await gardener.latestRun().catch(() => null);
  if (run === null) return { steps: 0, tokensPerSecond: null, curve: [] };
  const { events } = await readRunEvents(run.directory);
  const speeds: number[] = [];
  const curve: Cell['curve'] = [];
  let [steps, learningRate] = [0, 0];
  let start: number | null = null;
  for (const event of events) {
    if (event.type === 'step-end') {
      steps = Math.max(steps, event.step);
      learningRate = Math.max(learningRate, event.learningRate ?? 0);
      if (event.tokensPerSecond !== null) speeds.push(event.tokensPerSecond);
    }
    if (event.type !== 'validation-end' || event.loss === null) continue;
    // The first is of the base, before the first step.
    start ??= Date.parse(event.time);
    curve.push({ minutes: (Date.parse(event.time) - start) / 60_000, loss: event.loss });
  }
  speeds.sort((a, b) => a - b);
  return { steps, learningRate, tokensPerSecond: speeds[Math.floor(speeds.length / 2)] ?? null, curve };
}
