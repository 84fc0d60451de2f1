import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { errorAnswer } from '../contract/error-answer.js';
import { type Tell, type ToolExtra, withProgress } from './progress.js';

/** A tool's result as text, and the same as data where there is some. */
export function toolResult(text: string, data?: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text }], ...(data === undefined ? {} : { structuredContent: data }) };
}

/**
 * Runs a tool. An error becomes a result for the model, one sentence with its remedy, so
 * that it can try something else.
 * @param extra of a tool that may take long: the client is told that it goes on
 */
export async function runTool(
  work: (tell: Tell) => Promise<CallToolResult>,
  extra?: ToolExtra,
): Promise<CallToolResult> {
  try {
    return await (extra === undefined ? work(async () => undefined) : withProgress(extra, work));
  } catch (error) {
    const { message, remedy } = errorAnswer(error).body.error;
    return { content: [{ type: 'text', text: `${message} ${remedy}` }], isError: true };
  }
}
