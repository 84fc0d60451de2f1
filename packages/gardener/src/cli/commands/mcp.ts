import type { Command } from 'commander';
import { programVersion } from '../session/program-version.js';
import { type Session, withSession } from '../session/session.js';

export function defineMcp(program: Command): void {
  program
    .command('mcp')
    .summary('tools for coding agents, over stdin and stdout (MCP)')
    .description(
      'A server of the Model Context Protocol on stdin and stdout, for agents that start it themselves: search_code, search_text, ' +
        'read_symbol, related_code, read_code, project_map, ask_codebase, list_projects, training_status. It ends with its client. While gardener serve runs on the same data ' +
        'directory, that one does the work, and the models are in memory once. Agents that speak HTTP use gardener serve at /mcp instead.',
    )
    .addHelpText(
      'after',
      `
In the configuration of an agent:
  { "mcpServers": { "gardener": { "command": "gardener", "args": ["mcp"] } } }

Examples:
  $ claude mcp add gardener -- gardener mcp
  $ gardener mcp --data-dir ~/gardens/work`,
    )
    .action(withSession(mcp));
}

/** Nothing but the protocol goes to stdout. */
async function mcp(session: Session): Promise<void> {
  const { garden } = session;
  const { Assistant } = await import('../../chat/assistant.js');
  const { serveMcpOnStdio } = await import('../../server/mcp/stdio.js');
  const { CodeCompleter } = await import('../../chat/completion/code-completer.js');
  const assistant = new Assistant(garden);
  const completer = new CodeCompleter(assistant, garden);
  session.closeAtEnd(() => assistant.close());
  const stop = new AbortController();
  session.onInterrupt(() => stop.abort());
  const takePlace = () => () => undefined;
  await serveMcpOnStdio({
    ...{ garden, assistant, completer, takePlace },
    ...{ version: programVersion(), signal: stop.signal },
  });
}
