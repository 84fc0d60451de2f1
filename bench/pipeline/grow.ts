import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Run, readRunEvents } from '../../packages/gardener/src/garden/runs/runs.js';
import { RunDirectory } from '../../packages/gardener/src/training/run-directory/run-directory.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import type { NamedCodebase } from './codebases.js';
import { type FamilyMemory, watchMemory } from './family-memory.js';
import { GardenerCommand } from './gardener-command.js';

/** What `gardener add --wait` made of one codebase. */
export interface Growth {
  name: string;
  version: string;
  /** The run ended, whatever the gate said. */
  succeeded: boolean;
  error: string | null;
  files: number;
  chunks: number;
  promoted: boolean;
  heldOutLoss: { base: number; adapter: number } | null;
  /** Relative fall of the held-out loss with its 95 % interval. */
  improvement: { value: number; low: number; high: number } | null;
  wallMs: number;
  stagesMs: Record<string, number>;
  /** Median over the steps. */
  tokensPerSecond: number | null;
  /** Tokens of the training examples: one pass over the codebase. */
  trainingTokens: number | null;
  memoryBytes: FamilyMemory;
}

/** Adds a codebase in a data directory of its own, and measures. */
export async function grow(codebase: NamedCodebase, budget: string): Promise<Growth> {
  const root = fetchCodebase(codebase);
  const work = await mkdtemp(join(tmpdir(), 'gardener-pipeline-'));
  try {
    const gardener = new GardenerCommand(join(work, 'data'));
    const watching = new AbortController();
    // From the first step to its process's end: it outlives its last event by a little.
    let trainer: number | null = null;
    const trainerPid = async () => {
      const run = await gardener.latestRun().catch(() => null);
      if (run?.state.status === 'training') trainer = run.state.workerPid;
      return trainer;
    };
    const memory = watchMemory(gardener.dataDir, trainerPid, watching.signal);
    const started = performance.now();
    const { exitCode, status, stderr } = await gardener.run('add', root, '--budget', budget, '--wait');
    const wallMs = performance.now() - started;
    watching.abort();
    const run = await gardener.latestRun().catch(() => null);
    const scorecard = status?.scorecard ?? null;
    const { base, adapter, improvement } = scorecard ?? {};
    const losses = [base, adapter].map((side) => side?.noRetrieval.heldOutLoss?.value);
    const succeeded = exitCode === 0 && status?.training.status === 'completed';
    return {
      name: codebase.name,
      version: codebase.version,
      succeeded,
      error: succeeded
        ? null
        : (status?.training.error?.message ?? status?.training.reason ?? stderr.slice(-500)),
      files: status?.index.files.indexed ?? 0,
      chunks: status?.index.chunks ?? 0,
      promoted: status?.adapter.promoted ?? false,
      heldOutLoss: losses[0] && losses[1] ? { base: losses[0], adapter: losses[1] } : null,
      improvement: improvement
        ? { value: improvement.value, low: improvement.low, high: improvement.high }
        : null,
      wallMs,
      ...(await figuresOf(run)),
      memoryBytes: await memory,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function figuresOf(
  run: Run | null,
): Promise<Pick<Growth, 'stagesMs' | 'tokensPerSecond' | 'trainingTokens'>> {
  const stagesMs: Record<string, number> = {};
  if (run === null) return { stagesMs, tokensPerSecond: null, trainingTokens: null };
  const { events } = await readRunEvents(run.directory);
  let stage: { name: string; since: number } | null = null;
  for (const event of events) {
    const now = Date.parse(event.time);
    if (event.type !== 'stage-start' && event !== events.at(-1)) continue;
    if (stage) stagesMs[stage.name] = (stagesMs[stage.name] ?? 0) + now - stage.since;
    if (event.type === 'stage-start') stage = { name: event.stage, since: now };
  }
  const speeds = events.flatMap((event) => (event.type === 'step-end' ? [event.tokensPerSecond ?? 0] : []));
  const tokensPerSecond = speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)] ?? null;
  const manifest = await new RunDirectory(run.directory).readDataManifest().catch(() => null);
  return { stagesMs, tokensPerSecond, trainingTokens: manifest?.train.tokens ?? null };
}
