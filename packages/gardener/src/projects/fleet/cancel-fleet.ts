import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { cancelRun } from '../../garden/runner/runner-process.js';
import { openRuns, requestControl } from '../../garden/runs/runs.js';

/**
 * Ends what is under way for these projects, for good, and waits for the processes. All are asked first, so that none
 * begins while another one ends.
 * @returns the projects whose run was ended
 */
export async function cancelFleet(
  { paths }: Garden,
  projects: readonly ProjectRecord[],
): Promise<ProjectRecord[]> {
  const byId = new Map(projects.map((project) => [project.id, project]));
  const runs = (await openRuns(paths)).filter(({ description }) => byId.has(description.projectId));
  for (const { directory } of runs) await requestControl(directory, 'cancel');
  // A few at a time: each may take seconds to end.
  for (let start = 0; start < runs.length; start += AT_ONCE) {
    await Promise.all(runs.slice(start, start + AT_ONCE).map((run) => cancelRun(paths, run)));
  }
  return runs.flatMap(({ description }) => byId.get(description.projectId) ?? []);
}

const AT_ONCE = 8;
