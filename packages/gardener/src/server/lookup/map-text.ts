import { GraphReader } from '../../codebase/graph/graph-reader.js';
import { mapProject, symbolLine } from '../../codebase/graph/project-map.js';
import type { SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';

/** The outline of a project as text, within a budget of tokens. @throws GardenerError `retrieval.no-index` */
export async function mapText(garden: Garden, project: ProjectRecord, tokens: number): Promise<string> {
  const { files } = mapProject(await openMap(garden, project), tokens);
  const blocks = files.map(({ path, symbols }) =>
    [path, ...symbols.map((symbol) => `${String(symbol.startLine).padStart(6)}  ${symbolLine(symbol)}`)].join(
      '\n',
    ),
  );
  return blocks.join('\n\n');
}

/** Who calls what in a project. @throws GardenerError `retrieval.no-index` */
export async function openMap(garden: Garden, project: ProjectRecord): Promise<SymbolGraph> {
  const graph = await new GraphReader(garden.paths.index(project.id)).current();
  if (graph !== null) return graph;
  throw new GardenerError('retrieval.no-index', `${project.name} has no map yet.`, {
    remedy: `Make it with gardener refresh ${project.name}; while it is still being indexed, wait a moment.`,
    retryable: true,
  });
}
