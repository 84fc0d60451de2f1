import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { projectStatus, type StatusObject } from '../../projects/project-status.js';
import { projectFor } from '../lookup/find-project.js';
import type { McpContext } from './mcp-context.js';
import { runTool, toolResult } from './tool-result.js';

const READ_ONLY = { readOnlyHint: true, openWorldHint: false };

/** list_projects and training_status. */
export function addStatusTools(server: McpServer, { garden }: McpContext): void {
  server.registerTool(
    'list_projects',
    {
      title: 'List projects',
      description:
        'Every codebase that is indexed here: name, folder, how much is indexed, and which model answers.',
      inputSchema: {},
      annotations: READ_ONLY,
    },
    () =>
      runTool(async () => {
        const [projects, active] = await Promise.all([garden.registry.list(), garden.registry.active()]);
        const statuses = await Promise.all(projects.map((project) => projectStatus(garden, project)));
        if (statuses.length === 0)
          return toolResult('No project yet. Add a codebase: gardener add <path>.', { projects: [] });
        const lines = statuses.map((status) => oneLineOf(status, status.project.id === active?.id));
        const data = statuses.map((status) => ({
          ...status.project,
          active: status.project.id === active?.id,
        }));
        return toolResult(lines.join('\n'), { projects: data });
      }),
  );
  server.registerTool(
    'training_status',
    {
      title: 'Training status',
      description:
        'How far indexing and training of a project are, which model answers and why, and the scorecard of the newest adapter.',
      inputSchema: {
        project: z.string().max(200).optional().describe('Name or id; the active project otherwise.'),
      },
      annotations: READ_ONLY,
    },
    ({ project }) =>
      runTool(async () => {
        const status = await projectStatus(garden, await projectFor(garden, project));
        return toolResult(JSON.stringify(status, null, 2), { ...status });
      }),
  );
}

function oneLineOf({ project, index, training, adapter }: StatusObject, isActive: boolean): string {
  const answers = adapter.promoted ? `adapter ${adapter.version}` : 'the base model';
  const facts = [
    `${index.files.indexed} files indexed (${index.state})`,
    `training ${training.status}`,
    `${answers} answers`,
  ];
  return `${isActive ? '* ' : '  '}${project.name}  ${project.path}  ${facts.join(', ')}`;
}
