import type { SideScores } from '../../evaluation/side-scores.js';
import { placeOf } from '../../places/place-of.js';
import type { EngineSettings } from '../../run-directory/engine-settings.js';
import { courtesyOf } from '../machine/courtesy.js';
import type { RunContext } from '../run-context.js';
import { inReport } from './engine-report.js';
import { type Material, msPerToken } from './scoring.js';
import { trainSettings } from './train-settings.js';

/** What training leaves. */
export interface TrainedAdapter {
  peftDirectory: string;
  /** What it was trained with. */
  settings: EngineSettings;
}

/** Trains, or goes on from the run's checkpoint; what is told of it goes into the events. */
export async function trainAdapter(
  run: RunContext,
  { base, data, budgetMs, baseScores }: Material & { budgetMs: number; baseScores: SideScores },
): Promise<TrainedAdapter> {
  const { garden, options, directory, report, signal } = run;
  const peftDirectory = directory.output;
  if (await directory.hasOutput()) return { peftDirectory, settings: await directory.readEngineSettings() };
  const { trainableModules } = await import('@codebase-gardener/lora');
  const targetModules = trainableModules(base.config);
  const wanted = trainSettings(run, {
    ...{ base, data, budgetMs, targetModules },
    msPerToken: msPerToken(data, baseScores),
  });
  const settings = await directory.settleEngineSettings(wanted);
  const courtesy = courtesyOf(garden.settings);
  const { engine, place } = options;
  const events = placeOf(place, garden).train(engine, directory, { settings, base, data, courtesy }, signal);
  for await (const event of events) {
    for (const reported of inReport(event)) await report.event(reported);
  }
  signal.throwIfAborted();
  return { peftDirectory, settings };
}
