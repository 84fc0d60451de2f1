import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { projectFor } from '../lookup/find-project.js';
import { pathInProject } from '../lookup/project-of-file.js';
import { collect } from '../state/generation.js';
import type { McpContext } from './mcp-context.js';
import { runTool, toolResult } from './tool-result.js';

/** complete_code. */
export function addCompleteTool(server: McpServer, context: McpContext): void {
  const { garden, completer, signal, takePlace } = context;
  server.registerTool(
    'complete_code',
    {
      title: 'Complete code',
      description:
        'What the small local model of a project would write at a place of code, in the style of the project: the rest of a line, a ' +
        'statement or a block. Give the text before the place and after it. The model is small: read what it writes.',
      inputSchema: {
        before: z.string().max(500_000).describe('The text of the file up to the place.'),
        after: z.string().max(500_000).default('').describe('The text from the place on.'),
        path: z.string().max(4_096).optional().describe('The file, in the project or absolute.'),
        project: z.string().max(200).optional().describe('Name or id; the active project otherwise.'),
        max_tokens: z.number().int().min(1).max(500).default(96),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ before, after, path, project: named, max_tokens }, extra) =>
      runTool(async () => {
        const project = await projectFor(garden, named);
        const release = takePlace();
        try {
          const code = { path: path === undefined ? null : pathInProject(project, path), before, after };
          const { text, end } = await collect(
            completer.complete(
              { project, baseModel: project.baseModel },
              { code, maxTokens: max_tokens, signal: AbortSignal.any([signal, extra.signal]) },
            ),
          );
          const { silence, confidence, adapter, sources } = end;
          return toolResult(text === '' ? 'The model has nothing to write there.' : text, {
            ...{ completion: text, silence, confidence, sources },
            adapter: adapter.version,
          });
        } finally {
          release();
        }
      }, extra),
  );
}
