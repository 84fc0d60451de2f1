import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { errorAnswer } from '../contract/error-answer.js';

/** A tool's result as text, and the same as data where there is some. */
export function toolResult(text: string, data?: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text }], ...(data === undefined ? {} : { structuredContent: data }) };
}

/**
 * Runs a tool. An error becomes a result for the model, one sentence with its remedy, so
 * that it can try something else.
 */
export async function runTool(work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    const { message, remedy } = errorAnswer(error).body.error;
    return { content: [{ type: 'text', text: `${message} ${remedy}` }], isError: true };
  }
}
