import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { projectStatus } from '../../projects/project-status.js';
import { findProject } from '../lookup/find-project.js';
import { mapText } from '../lookup/map-text.js';
import { addAnswerTools } from './answer-tools.js';
import { addCodeTools } from './code-tools.js';
import { addCompleteTool } from './complete-tool.js';
import type { McpContext } from './mcp-context.js';
import { addStatusTools } from './status-tools.js';
import { addSymbolTools } from './symbol-tools.js';

const INSTRUCTIONS =
  'Tools for codebases on this machine that Codebase Gardener has indexed. search_code finds code by meaning and by name; search_text ' +
  'finds every line with a text or an expression; read_symbol reads a declaration and says what calls it and what it calls; related_code says ' +
  'what belongs to a line; read_code reads lines of a file; project_map gives an outline; ask_codebase asks a small local model that was ' +
  'trained on the codebase; complete_code lets that model write at a place. Without `project` the active one is meant.';

/** An MCP server over the projects of a garden; connect a transport to it. */
export function createMcpServer(context: McpContext): McpServer {
  const server = new McpServer(
    { name: 'codebase-gardener', version: context.version },
    { instructions: INSTRUCTIONS },
  );
  addStatusTools(server, context);
  addCodeTools(server, context);
  addSymbolTools(server, context);
  addAnswerTools(server, context);
  addCompleteTool(server, context);
  addProjectResources(server, context);
  return server;
}

/** Every project as a resource: where it stands, and its outline. */
function addProjectResources(server: McpServer, { garden }: McpContext): void {
  const listed = (ending: string, what: string, mimeType: string) => async () => ({
    resources: (await garden.registry.list()).map(({ id, name }) => ({
      uri: `gardener://projects/${id}${ending}`,
      name: `${name}: ${what}`,
      mimeType,
    })),
  });
  server.registerResource(
    'project-status',
    new ResourceTemplate('gardener://projects/{project}', {
      list: listed('', 'status', 'application/json'),
    }),
    {
      title: 'Status of a project',
      description: 'Index, training, adapter and scorecard.',
      mimeType: 'application/json',
    },
    async (uri, { project }) => {
      const status = await projectStatus(
        garden,
        await findProject(garden, decodeURIComponent(String(project))),
      );
      return {
        contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(status, null, 2) }],
      };
    },
  );
  server.registerResource(
    'project-map',
    new ResourceTemplate('gardener://projects/{project}/map', { list: listed('/map', 'map', 'text/plain') }),
    {
      title: 'Map of a project',
      description: 'Its most central files and declarations.',
      mimeType: 'text/plain',
    },
    async (uri, { project }) => {
      const text = await mapText(
        garden,
        await findProject(garden, decodeURIComponent(String(project))),
        MAP_TOKENS,
      );
      return { contents: [{ uri: uri.href, mimeType: 'text/plain', text }] };
    },
  );
}

const MAP_TOKENS = 2_000;
