import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { Scorecard } from '../evaluation/scorecard.js';
import { baseOfAdapter } from './adapter-base.js';
import { adapterVersions, readScorecard } from './adapter-store.js';

/**
 * What is measured of a project as it answers now: the scorecard of the promoted adapter, else of the newest adapter of
 * the project's base, which tells of that base too. Null where nothing is.
 */
export async function measuredScorecard(
  paths: GardenPaths,
  project: Pick<ProjectRecord, 'id' | 'baseModel' | 'promotedAdapter'>,
): Promise<Scorecard | null> {
  const { id, baseModel, promotedAdapter } = project;
  if (promotedAdapter !== null) return readScorecard(paths, id, promotedAdapter);
  for (const version of (await adapterVersions(paths, id)).reverse()) {
    const scorecard = await readScorecard(paths, id, version);
    if (scorecard !== null && (await baseOfAdapter(paths, project, version)) === baseModel) return scorecard;
  }
  return null;
}
