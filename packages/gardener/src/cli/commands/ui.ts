import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { addressOf, DEFAULT_PORT, startGardenServer, untilInterrupted } from './serve.js';

interface UiOptions {
  port: string;
  open: boolean;
}

export function defineUi(program: Command): void {
  program
    .command('ui')
    .summary('open the web UI')
    .argument('[project]', 'name, id or path of the project to open')
    .option('--port <number>', 'where the server listens, should none run yet', DEFAULT_PORT)
    .option('--no-open', 'print the address and open no browser')
    .description(
      'Open the web UI in the browser. The server that runs already is used; otherwise one is started, and ends with Ctrl-C.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener ui
  $ gardener ui shop
  $ gardener ui --no-open`,
    )
    .action(withSession(ui));
}

async function ui(session: Session, options: UiOptions, named?: string): Promise<void> {
  const { garden, output } = session;
  const page = named === undefined ? '' : `p/${encodeURIComponent((await chooseProject(session, named)).id)}`;
  const { runningServer } = await import('../../server/listen/server-file.js');
  const running = await runningServer(garden.paths);
  if (running !== null) {
    const { serverToken } = await import('../../server/guard/token.js');
    const token = running.needsToken ? await serverToken(garden.paths) : null;
    show(session, addressOf({ url: running.url, token }, page), options);
    return;
  }
  const server = await startGardenServer(session, { port: options.port, host: '127.0.0.1' });
  show(session, addressOf(server, page), options);
  output.note(output.notePalette.quiet('The server ends with Ctrl-C.'));
  await untilInterrupted(session, server);
}

function show({ output }: Session, address: string, { open }: UiOptions): void {
  output.value({ url: address });
  output.line(address);
  if (open) openBrowser(address);
}

/** The browser of the desktop, where there is one; the address is printed in any case. */
function openBrowser(address: string): void {
  const [command, words] =
    process.platform === 'darwin'
      ? ['open', [address]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', address]]
        : ['xdg-open', [address]];
  const child = spawn(command as string, words as string[], {
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  });
  child.once('error', () => undefined);
  child.unref();
}
