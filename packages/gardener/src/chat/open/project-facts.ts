import { join } from 'node:path';
import { mapProject } from '../../codebase/graph/project-map.js';
import { languageOfPath } from '../../codebase/languages/languages.js';
import { maskSecrets } from '../../codebase/secrets/find-secrets.js';
import { readSource } from '../../codebase/walk/read-source.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { Settings } from '../../garden/settings/settings.js';
import type { ProjectFacts } from '../../prompt/project-overview.js';
import type { ProjectIndex } from '../../retrieval/index/project-index.js';
import { readFileStates } from '../../retrieval/store/manifest.js';

type ReadingSettings = Pick<Settings, 'maxFileBytes' | 'allowedSecrets'>;

/** Room of the map that the central files come from: a few files with a few symbols each. */
const MAP_TOKENS = 400;

/**
 * What an index and the README that it has read tell about a project as a whole; secrets are masked.
 * @throws GardenerError `retrieval.*`
 */
export async function readProjectFacts(
  paths: GardenPaths,
  project: Pick<ProjectRecord, 'id' | 'path'>,
  index: ProjectIndex,
  settings: ReadingSettings,
): Promise<ProjectFacts> {
  const states = await readFileStates(paths.index(project.id));
  const indexed = states.flatMap(({ path, outcome }) => (outcome === 'indexed' ? [path] : []));
  const graph = await index.symbolGraph();
  const central = graph === null ? [] : mapProject(graph, MAP_TOKENS).files;
  return {
    files: indexed.map((path) => ({ path, language: languageOfPath(path)?.name ?? null })),
    central: central.map(({ path, symbols }) => ({
      path,
      symbols: symbols.filter(({ depth }) => depth === 0).map(({ symbol }) => symbol),
    })),
    readme: await readReadme(project.path, indexed, settings),
  };
}

/** The README nearest to the root, or null. Only a file that the index has is read. */
async function readReadme(
  root: string,
  indexed: readonly string[],
  { maxFileBytes, allowedSecrets }: ReadingSettings,
): Promise<string | null> {
  const readme = indexed.find((path) => /^readme(?:\.\w+)?$/i.test(path));
  if (readme === undefined) return null;
  const source = await readSource(join(root, readme), maxFileBytes);
  return source.ok ? maskSecrets(readme, source.text, allowedSecrets).text : null;
}
