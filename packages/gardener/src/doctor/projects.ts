import { stat } from 'node:fs/promises';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { type IndexHealth, ProjectIndex } from '../retrieval/index/project-index.js';
import { adapterFault } from '../training/adapters/adapter-fault.js';
import { adapterProblems } from '../training/adapters/adapter-store.js';
import { type Check, failed, ok, warn } from './check.js';

/** Records that cannot be read. */
export async function checkRecords({ registry }: Garden): Promise<Check[]> {
  return (await registry.read()).problems.map(({ id, error }) => failed(`project ${id}`, error));
}

/**
 * A project's codebase, index (read whole: damage that a search would only meet by chance) and promoted adapter (its
 * files are compared with their hashes).
 */
export async function checkProject(garden: Garden, project: ProjectRecord): Promise<Check[]> {
  const checks = [await checkIndex(garden, project)];
  const isThere = await stat(project.path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isThere) {
    const remedy = `If it is gone for good: gardener remove ${project.name}. If it moved: add it from its new place.`;
    checks.unshift(warn(`codebase of ${project.name}`, `${project.path} is not there`, remedy));
  }
  if (project.promotedAdapter !== null)
    checks.push(await checkAdapter(garden, project, project.promotedAdapter));
  return checks;
}

async function checkIndex({ paths }: Garden, project: ProjectRecord): Promise<Check> {
  const index = new ProjectIndex(paths, project.id);
  try {
    return indexCheck(project.name, await index.health());
  } catch (error) {
    return failed(`index of ${project.name}`, error);
  } finally {
    index.close();
  }
}

function indexCheck(project: string, { state, error }: IndexHealth): Check {
  const name = `index of ${project}`;
  switch (state) {
    case 'ready':
      return ok(name, 'read whole, undamaged');
    case 'none':
      return warn(name, 'not made yet', `gardener refresh ${project}`);
    case 'building':
      return warn(
        name,
        'undamaged, but its last update did not come to its end or is under way',
        `If none is under way: gardener refresh ${project} goes on from there.`,
      );
    case 'damaged': {
      const remedy = `gardener refresh ${project} --no-train makes it anew from the files; what was embedded once is not embedded again.`;
      return { name, state: 'fail', detail: error.message, remedy };
    }
  }
}

async function checkAdapter({ paths }: Garden, project: ProjectRecord, version: number): Promise<Check> {
  const name = `adapter ${version} of ${project.name}`;
  const fault = await adapterFault(paths, project, version);
  const problems = await adapterProblems(paths.adapter(project.id, version));
  if (fault === null && problems.length === 0)
    return ok(name, 'promoted, its files are as they were written');
  // What only an export needs is no reason for the base to answer.
  if (fault === null)
    return warn(name, problems.join(' '), 'It answers; to export it, train again or import it again.');
  return {
    name,
    state: 'fail',
    detail: `the base model answers instead: ${[fault, ...problems].join('. ')}`,
    remedy: `Choose another with gardener promote ${project.name}, or train again.`,
  };
}
