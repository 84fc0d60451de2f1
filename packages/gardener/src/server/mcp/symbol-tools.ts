import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { Place } from '../../retrieval/search/related.js';
import type { SymbolUses } from '../../retrieval/search/symbol-uses.js';
import { projectFor } from '../lookup/find-project.js';
import { mapText } from '../lookup/map-text.js';
import { readIndexedSource } from '../lookup/read-indexed-source.js';
import type { McpContext } from './mcp-context.js';
import { runTool, toolResult } from './tool-result.js';

const READ_ONLY = { readOnlyHint: true, openWorldHint: false };
/** Declarations of the same name that are read at once. */
const MAX_SYMBOLS = 3;
const DEFAULT_REFERENCES = 20;
const DEFAULT_READ_LINES = 200;

const project = z.string().max(200).optional().describe('Name or id; the active project otherwise.');

/** read_symbol, read_code and project_map. */
export function addSymbolTools(server: McpServer, context: McpContext): void {
  const { garden } = context;
  server.registerTool(
    'read_symbol',
    {
      title: 'Read a symbol',
      description:
        'The source of a function, method, class or type by its name, with what it calls, what calls it, and the lines that name it.',
      inputSchema: {
        symbol: z.string().min(1).max(500).describe('Name or qualified name: parseConfig, Registry.add'),
        project,
        path: z.string().max(4_096).optional().describe('Only in this file, where several have the name.'),
        references: z
          .number()
          .int()
          .min(1)
          .max(500)
          .default(DEFAULT_REFERENCES)
          .describe('Lines that name it.'),
      },
      annotations: READ_ONLY,
    },
    ({ symbol, project: named, path, references }, extra) =>
      runTool(async () => {
        const record = await projectFor(garden, named);
        const found = await usesOf(context, record, symbol, path, references);
        return readSymbol(context, record, found);
      }, extra),
  );
  server.registerTool(
    'read_code',
    {
      title: 'Read code',
      description:
        'Lines of an indexed file as it is on disk now, secrets masked: the rest of a result that was cut.',
      inputSchema: {
        path: z.string().min(1).max(4_096),
        from: z.number().int().min(1).default(1).describe('First line.'),
        to: z.number().int().min(1).optional().describe(`Last line; ${DEFAULT_READ_LINES} lines otherwise.`),
        project,
      },
      annotations: READ_ONLY,
    },
    ({ path, from, to, project: named }, extra) =>
      runTool(async () => {
        const record = await projectFor(garden, named);
        const last = to ?? from + DEFAULT_READ_LINES - 1;
        const { text, ...place } = await readIndexedSource(garden, record, path, from, last);
        const isCut = place.to < place.totalLines;
        const head = `${path}:${place.from}-${place.to} of ${place.totalLines} lines`;
        return toolResult(`${head}\n\`\`\`${place.language ?? ''}\n${text}\n\`\`\``, {
          ...{ ...place, code: text, isCut },
          rest: isCut ? { tool: 'read_code', path, from: place.to + 1 } : null,
        });
      }, extra),
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
    ({ project: named, tokens }, extra) =>
      runTool(async () => toolResult(await mapText(garden, await projectFor(garden, named), tokens)), extra),
  );
}

async function usesOf(
  { assistant }: McpContext,
  record: ProjectRecord,
  name: string,
  path: string | undefined,
  references: number,
): Promise<SymbolUses> {
  const found = await assistant
    .index(record)
    .symbol({ name, references, ...(path === undefined ? {} : { path }) })
    .catch((error: unknown) => {
      const isUnknown = GardenerError.isInstance(error) && error.code === 'retrieval.unknown-symbol';
      throw isUnknown ? unknownSymbol(name) : error;
    });
  if (found.definitions.length === 0) throw unknownSymbol(name);
  return found;
}

async function readSymbol({ garden }: McpContext, record: ProjectRecord, found: SymbolUses) {
  const definitions = await Promise.all(
    found.definitions.slice(0, MAX_SYMBOLS).map(async (one) => {
      const source = await readIndexedSource(garden, record, one.path, one.startLine, one.endLine);
      return { ...one, code: source.text };
    }),
  );
  const blocks = definitions.map(({ code, symbol, kind, uses, usedBy, ...place }) => {
    const lines = [
      `${place.path}:${place.startLine}-${place.endLine}  ${symbol} (${kind})`,
      '```',
      code,
      '```',
    ];
    if (uses.length > 0) lines.push('Uses:', ...uses.map(placeAndName));
    if (usedBy.length > 0) lines.push('Used by:', ...usedBy.map(placeAndName));
    return lines.join('\n');
  });
  const { references, isCut } = found;
  const named = references.map(({ path, line, text }) => `  ${path}:${line}: ${text.trim()}`);
  if (named.length > 0) blocks.push(['References:', ...named, ...(isCut ? ['  and more'] : [])].join('\n'));
  const others = found.definitions.length - definitions.length;
  return toolResult(blocks.join('\n\n'), {
    ...{ name: found.name, definitions, references, isCut },
    more: others > 0 ? `${others} more declarations have that name: give path.` : null,
  });
}

const placeAndName = ({ path, startLine, endLine, symbol }: Place) =>
  `  ${path}:${startLine}-${endLine}  ${symbol ?? ''}`;

function unknownSymbol(name: string): GardenerError {
  return new GardenerError(
    'server.unknown-symbol',
    `Nothing is called ${JSON.stringify(name.slice(0, 200))} there.`,
    {
      remedy: 'Look for it with search_code.',
    },
  );
}
