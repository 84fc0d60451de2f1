import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { CHUNK_KINDS } from '../../codebase/chunk/chunk.js';
import type { GraphSymbol } from '../../codebase/graph/symbol-graph.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import { mapText, openMap } from '../lookup/map-text.js';
import { readIndexedSource } from '../lookup/read-indexed-source.js';
import { type McpContext, projectFor } from './mcp-context.js';
import { runTool, toolResult } from './tool-result.js';

const READ_ONLY = { readOnlyHint: true, openWorldHint: false };
const DEFAULT_RESULTS = 8;
/** Declarations of the same name that are read at once. */
const MAX_SYMBOLS = 3;

const project = z.string().max(200).optional().describe('Name or id; the active project otherwise.');

/** search_code, read_symbol and project_map. */
export function addCodeTools(server: McpServer, context: McpContext): void {
  const { garden, assistant, signal } = context;
  server.registerTool(
    'search_code',
    {
      title: 'Search code',
      description:
        'Find code in a project by what it does ("where is the retry with backoff") or by name (parseConfig). Gives the code itself with path and lines.',
      inputSchema: {
        query: z.string().min(1).max(10_000),
        project,
        k: z.number().int().min(1).max(50).default(DEFAULT_RESULTS).describe('How many results.'),
        languages: z
          .array(z.string().max(100))
          .max(50)
          .optional()
          .describe('Only these: typescript, python …'),
        kinds: z.array(z.enum(CHUNK_KINDS)).optional().describe('Only these kinds of declaration.'),
        path_glob: z.string().max(500).optional().describe('Only paths that match, such as src/**/*.ts'),
      },
      annotations: READ_ONLY,
    },
    ({ query, project: named, k, languages, kinds, path_glob }, extra) =>
      runTool(async () => {
        const { results } = await assistant.search(await projectFor(garden, named), query, {
          ...{ k, signal: AbortSignal.any([signal, extra.signal]) },
          ...(languages === undefined ? {} : { languages }),
          ...(kinds === undefined ? {} : { kinds }),
          ...(path_glob === undefined ? {} : { pathGlob: path_glob }),
        });
        const places = results.map(({ chunk: { path, startLine, endLine, symbol } }) => ({
          path,
          startLine,
          endLine,
          symbol,
        }));
        return toolResult(results.length === 0 ? 'Nothing found.' : results.map(asText).join('\n\n'), {
          results: places,
        });
      }),
  );
  server.registerTool(
    'read_symbol',
    {
      title: 'Read a symbol',
      description:
        'The source of a function, method, class or type by its name, with what it calls and what calls it.',
      inputSchema: {
        symbol: z.string().min(1).max(500).describe('Name or qualified name: parseConfig, Registry.add'),
        project,
        path: z.string().max(4_096).optional().describe('Only in this file, where several have the name.'),
      },
      annotations: READ_ONLY,
    },
    ({ symbol, project: named, path }) =>
      runTool(async () =>
        toolResult(await symbolText(context, await projectFor(garden, named), symbol, path)),
      ),
  );
  server.registerTool(
    'project_map',
    {
      title: 'Project map',
      description:
        'An outline of a codebase within a budget of tokens: its most central files and declarations, with line numbers.',
      inputSchema: { project, tokens: z.number().int().min(50).max(50_000).default(1_000) },
      annotations: READ_ONLY,
    },
    ({ project: named, tokens }) =>
      runTool(async () => toolResult(await mapText(garden, await projectFor(garden, named), tokens))),
  );
}

function asText({ chunk }: SearchResult): string {
  const { path, startLine, endLine, symbol, kind, language, text } = chunk;
  return `${path}:${startLine}-${endLine}  ${symbol ?? ''} (${kind})\n\`\`\`${language}\n${text}\n\`\`\``;
}

async function symbolText(
  { garden }: McpContext,
  project: ProjectRecord,
  name: string,
  path: string | undefined,
): Promise<string> {
  const graph = await openMap(garden, project);
  const last = name.split(/[.#:]+/).at(-1) ?? name;
  const isMeant = (found: GraphSymbol) =>
    (last === name || found.symbol.toLowerCase().endsWith(name.toLowerCase())) &&
    (path === undefined || found.path === path);
  const symbols = graph.named(last, 50).filter(isMeant).slice(0, MAX_SYMBOLS);
  if (symbols.length === 0) throw unknownSymbol(name);
  const blocks = symbols.map(async (symbol) => {
    const { text } = await readIndexedSource(garden, project, symbol.path, symbol.startLine, symbol.endLine);
    const lines = [`${placeOf(symbol)}  ${symbol.symbol} (${symbol.kind})`, '```', text, '```'];
    const calls = graph.dependencies(symbol).map(placeAndName);
    const callers = graph.dependents(symbol).map(placeAndName);
    if (calls.length > 0) lines.push('Uses:', ...calls);
    if (callers.length > 0) lines.push('Used by:', ...callers);
    return lines.join('\n');
  });
  return (await Promise.all(blocks)).join('\n\n');
}

const placeOf = ({ path, startLine, endLine }: GraphSymbol) => `${path}:${startLine}-${endLine}`;
const placeAndName = (symbol: GraphSymbol) => `  ${placeOf(symbol)}  ${symbol.symbol}`;

function unknownSymbol(name: string): GardenerError {
  return new GardenerError(
    'server.unknown-symbol',
    `Nothing is called ${JSON.stringify(name.slice(0, 200))} there.`,
    {
      remedy: 'Look for it with search_code.',
    },
  );
}
