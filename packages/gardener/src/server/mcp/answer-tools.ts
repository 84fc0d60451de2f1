import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { AnswerEnd } from '../../chat/answers/write-answer.js';
import { projectFor } from '../lookup/find-project.js';
import type { McpContext } from './mcp-context.js';
import { runTool, toolResult } from './tool-result.js';

/** ask_codebase. */
export function addAnswerTools(
  server: McpServer,
  { garden, assistant, signal, takePlace }: McpContext,
): void {
  server.registerTool(
    'ask_codebase',
    {
      title: 'Ask a codebase',
      description:
        'Ask the small local model that was trained on a project, with the code that search finds for the question. It knows the ' +
        'house style of the project but is small: check what matters against its sources. Takes seconds to a minute.',
      inputSchema: {
        question: z.string().min(1).max(20_000),
        project: z.string().max(200).optional().describe('Name or id; the active project otherwise.'),
        max_tokens: z.number().int().min(1).max(2_000).default(300),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ question, project: named, max_tokens }, extra) =>
      runTool(async (tell) => {
        const project = await projectFor(garden, named);
        const release = takePlace();
        try {
          let text = '';
          let end: AnswerEnd | null = null;
          const events = assistant.chat(
            { project, baseModel: project.baseModel },
            {
              messages: [{ role: 'user', content: question }],
              maxTokens: max_tokens,
              signal: AbortSignal.any([signal, extra.signal]),
            },
          );
          for await (const event of events) {
            if (event.type === 'text') {
              text += event.text;
              await tell();
            } else end = event;
          }
          return toolResult(`${text.trim()}\n\n${originText(end)}`, {
            answer: text,
            sources: end?.sources ?? [],
          });
        } finally {
          release();
        }
      }, extra),
  );
}

function originText(end: AnswerEnd | null): string {
  if (end === null) return '';
  const sources = end.sources.map(({ path, startLine, endLine }) => `  ${path}:${startLine}-${endLine}`);
  return [
    sources.length === 0 ? 'No code was found for it.' : 'Sources:',
    ...sources,
    end.adapter.reason,
  ].join('\n');
}
