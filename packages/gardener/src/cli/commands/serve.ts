import type { Command } from 'commander';
import type { GardenServer } from '../../server/serve.js';
import { programVersion } from '../session/program-version.js';
import { type Session, withSession } from '../session/session.js';
import { parseOrigins, parseWholeNumber } from '../steps/parse-options.js';
import { oneLine } from '../terminal/plain-text.js';

export const DEFAULT_PORT = '4747';

export interface ServeCommandOptions {
  port: string;
  host: string;
  allowHost?: string[];
  allowOrigin?: string[];
  token?: boolean;
}

export function defineServe(program: Command): void {
  program
    .command('serve')
    .summary('the server: web UI, API, OpenAI API for editors, MCP')
    .option('--port <number>', 'where it listens; 0 takes any free port', DEFAULT_PORT)
    .option(
      '--host <address>',
      'the address it listens at; others than this machine need a token',
      '127.0.0.1',
    )
    .option('--allow-host <name...>', 'more names that clients call this machine by')
    .option(
      '--allow-origin <origin...>',
      'web pages that may use the server, such as http://127.0.0.1:3000 where VS Code for the Web runs; also the setting allowedOrigins',
    )
    .option('--token', 'ask for the token on this machine too')
    .description(
      'Serve every project of the data directory until Ctrl-C: the web UI, the HTTP API, the OpenAI API for editors (/v1), and ' +
        'MCP (/mcp). Only this machine can reach it, unless --host says otherwise; then a token is made and asked for. The indexes ' +
        'of the projects in use follow your edits. Training that is under way goes on when the server ends.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener serve
  $ gardener serve --port 8080
  $ gardener serve --host 0.0.0.0          reachable from the network, with a token

Editors: docs/editors.md. The API: docs/api.md. The browser opens by itself with gardener ui.`,
    )
    .action(withSession(serve));
}

async function serve(session: Session, options: ServeCommandOptions): Promise<void> {
  const server = await startGardenServer(session, options);
  const { output } = session;
  const { accent, quiet } = output.notePalette;
  const address = addressOf(server);
  output.value({ url: server.url, token: server.token });
  output.note(`Serving at ${accent(address)}`);
  output.note(quiet(`OpenAI API: ${server.url}/v1   MCP: ${server.url}/mcp   Ctrl-C ends it.`));
  output.note(quiet(`Editors: ${server.url}/p/<project>/infill, see docs/editors.md.`));
  await untilInterrupted(session, server);
}

/** Starts the server that `serve` and `ui` run. @throws GardenerError as `startServer` */
export async function startGardenServer(
  session: Session,
  options: ServeCommandOptions,
): Promise<GardenServer> {
  const port = parseWholeNumber(options.port, '--port', 0, 65_535);
  const { startServer } = await import('../../server/serve.js');
  const server = await startServer(session.garden, {
    ...{ version: programVersion(), host: options.host, port },
    allowedHosts: options.allowHost ?? [],
    allowedOrigins: parseOrigins(options.allowOrigin ?? []),
    requireToken: options.token === true,
  });
  session.closeAtEnd(() => server.close());
  return server;
}

/** The address to open; with the token, where one is asked for. */
export function addressOf({ url, token }: Pick<GardenServer, 'url' | 'token'>, page = ''): string {
  return token === null ? `${url}/${page}` : `${url}/${page}?token=${token}`;
}

/** Serves until Ctrl-C or SIGTERM, then ends cleanly; a second Ctrl-C ends at once. */
export async function untilInterrupted(session: Session, server: GardenServer): Promise<void> {
  await new Promise<void>((resolve) => {
    const giveBack = session.onInterrupt(() => {
      giveBack();
      session.onInterrupt(() => process.exit(130));
      resolve();
    });
  });
  const { latest } = await workUnderWay(session);
  session.output.note(
    `\nEnding; Ctrl-C once more ends at once.${latest === null ? '' : ` The work on ${latest} goes on in the background.`}`,
  );
  await server.close();
}

async function workUnderWay({ garden }: Session): Promise<{ latest: string | null }> {
  const { openRuns, projectName } = await import('../../garden/runs/runs.js');
  // Paused work stays paused.
  const run = (await openRuns(garden.paths)).find(({ state }) => state.status !== 'paused');
  return {
    latest: run === undefined ? null : oneLine(await projectName(garden.paths, run.description.projectId)),
  };
}
