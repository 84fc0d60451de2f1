import { toWireError } from '../../../garden/errors/wire-error.js';
import { requireModel } from '../../../models/store/require-model.js';
import { adapterStrength, runOf } from '../../adapters/adapter-store.js';
import { seenFiles } from '../../data/data-manifest.js';
import { type AcrossBases, acrossBases, type MeasuredSide } from '../../evaluation/across-bases.js';
import { compareApart } from '../../evaluation/compare/compare-process.js';
import type { ComparedTexts, MeasuredBase } from '../../evaluation/compare/compare-protocol.js';
import { RunDirectory } from '../../run-directory/run-directory.js';
import { ACROSS_BASES_SHARE } from '../budget.js';
import type { RunContext } from '../run-context.js';
import type { SavedAdapter } from './save-adapter.js';
import type { Material } from './scoring.js';

/**
 * Where the adapter is for another base than the one that answers now: both on the same held-out texts, each in a
 * process of its own. Null where the base stays, and where the comparison fails for whatever reason, which is told.
 */
export async function compareWithCurrent(
  run: RunContext,
  { data, saved }: Pick<Material, 'data'> & { saved: SavedAdapter },
): Promise<AcrossBases | null> {
  const { garden, project, baseModel, report, signal } = run;
  if (project.baseModel === baseModel) return null;
  try {
    report.progress('comparing with what answers now', 0, null);
    const { promotedAdapter } = project;
    const heldOut = await unseenBy(run, promotedAdapter, data.manifest.heldOut.files);
    const { path: root, name: repository } = project;
    const { maxFileBytes, allowedSecrets } = garden.settings;
    const sides = { heldOut, train: [] };
    const input = { root, repository, maxFileBytes, allowedSecrets, seed: data.manifest.seed, sides };
    const texts = await compareApart('texts', input, { signal });
    // What answers now has learned from all of them.
    if (texts.texts.length === 0) return null;
    const current = await measured(run, project.baseModel, promotedAdapter, texts);
    const next = await measured(run, baseModel, saved.version, texts);
    return acrossBases(current, next);
  } catch (error) {
    signal.throwIfAborted();
    // A base that only llama.cpp can read may answer, and cannot be measured. Whatever it was, what has been trained is
    // worth more than this comparison.
    const message = `What answers now, on ${project.baseModel}, could not be compared: ${reasonOf(error)}`;
    await report.event({ type: 'log', message });
    return null;
  }
}

function reasonOf(error: unknown): string {
  const wire = toWireError(error);
  return wire.code === null ? `something unexpected failed (${wire.name}: ${wire.message}).` : wire.message;
}

/** The files that the adapter which answers now has not learned from. */
async function unseenBy(
  { garden, project }: RunContext,
  version: number | null,
  files: readonly string[],
): Promise<string[]> {
  const runId = version === null ? null : await runOf(garden.paths, project.id, version);
  if (runId === null) return [...files];
  const manifest = await new RunDirectory(garden.paths.run(project.id, runId))
    .readDataManifest()
    .catch(() => null);
  const seen = manifest === null ? new Set() : seenFiles(manifest);
  return files.filter((path) => !seen.has(path));
}

async function measured(
  { garden, project, budgetMs, signal }: RunContext,
  base: string,
  version: number | null,
  { texts }: ComparedTexts,
): Promise<MeasuredSide> {
  const { paths, settings } = garden;
  const { weights } = await requireModel(paths, base);
  const directory = version === null ? null : paths.adapter(project.id, version);
  const { rank, sequenceLength, threads, contextTokens, trainingMemoryMegabytes } = settings;
  const scores: MeasuredBase = await compareApart(
    'measure',
    {
      weights,
      adapter: directory === null ? null : { directory, strength: await adapterStrength(directory) },
      texts,
      gaps: [],
      scoringMs: (budgetMs * ACROSS_BASES_SHARE) / 2,
      gapMs: 0,
      // Nobody asks how fast it trains.
      trainingMs: 0,
      contextTokens,
      shape: { rank, sequenceLength, threads, memoryBudgetBytes: trainingMemoryMegabytes * 1e6 },
    },
    { signal },
  );
  return { base, version, scores };
}
