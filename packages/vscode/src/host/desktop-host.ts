import { spawn } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '../api/api-error.js';
import type { Address } from '../api/types.js';
import type { Host, StartOptions } from './host.js';
import { windowsShellWord } from './shell-word.js';

/** Long enough for the first start on a slow disk. */
const START_MS = 60_000;
const SAID_LINES = 20;

/** On the desktop, and where VS Code reaches a machine by SSH, in a container or in WSL: on that machine. */
export const desktopHost: Host = {
  origin: null,
  runningServer,
  startServer,
  realPath: (path) => realpath(path).catch(() => null),
};

function directoryOf(setting: string): string {
  if (setting !== '') return setting.replace(/^~(?=$|[\\/])/, homedir());
  return process.env.CODEBASE_GARDENER_DATA_DIR || join(homedir(), '.codebase-gardener');
}

/** What the server itself has written: server.json and, where a token is asked for, server_token. */
async function runningServer(dataDirectory: string): Promise<Address | null> {
  const directory = directoryOf(dataDirectory);
  try {
    const { url, pid, needsToken } = JSON.parse(await readFile(join(directory, 'server.json'), 'utf8'));
    // Of a server that was killed the file is left.
    if (typeof url !== 'string' || typeof pid !== 'number' || !isAlive(pid)) return null;
    const token = needsToken === true ? await readFile(join(directory, 'server_token'), 'utf8') : null;
    return { url, token: token?.trim() ?? null };
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** At its usual port, else at any that is free: where it is stands in server.json. */
async function startServer(options: StartOptions): Promise<void> {
  try {
    await serve(options, []);
  } catch (error) {
    const isTaken = error instanceof ApiError && /^Port \d+ is in use/.test(error.message);
    if (!isTaken) throw error;
    await serve(options, ['--port', '0']);
  }
}

/** The server is on its own from then on: it goes on when the window is closed. */
async function serve(
  { command, dataDirectory, onOutput }: StartOptions,
  words: readonly string[],
): Promise<void> {
  const directory = dataDirectory === '' ? [] : ['--data-dir', directoryOf(dataDirectory)];
  const said: string[] = [];
  // npm's programs are scripts on Windows, which only a shell starts; Node joins the words for it without quotes.
  const shell = process.platform === 'win32';
  const [program = '', ...rest] = [command, 'serve', ...words, ...directory].map((word) =>
    shell ? windowsShellWord(word) : word,
  );
  const child = spawn(program, rest, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
    windowsHide: true,
    env: { ...process.env, NO_COLOR: '1' },
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(ended('it said nothing for a minute', said)), START_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    const hear = (piece: Buffer) => {
      for (const line of piece
        .toString()
        .split('\n')
        .filter((text) => text.trim() !== '')) {
        onOutput(line);
        said.push(line);
        if (said.length > SAID_LINES) said.shift();
        if (/^Serving at http/.test(line)) settle(resolve);
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', () => settle(() => reject(noProgram(command))));
    // After its last words.
    child.once('close', (code) => {
      // A shell finds out by itself that there is no such program: 127, and 9009 on Windows.
      const isMissing =
        code === 127 || code === 9009 || said.some((line) => /not recognized as an/.test(line));
      settle(() => reject(isMissing ? noProgram(command) : ended(`exit code ${code}`, said)));
    });
  });
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref();
}

function noProgram(command: string): ApiError {
  return new ApiError({
    code: 'vscode.no-program',
    message: `The program ${JSON.stringify(command)} cannot be started.`,
    remedy: 'Install Codebase Gardener, or name the program in the setting gardener.server.command.',
  });
}

function ended(why: string, said: readonly string[]): ApiError {
  // The server tells what is wrong and what to do in two lines.
  const line = (start: string) => said.find((text) => text.startsWith(start))?.slice(start.length);
  return new ApiError({
    code: 'vscode.server-ended',
    message: line('error: ') ?? `The server did not start (${why}).`,
    remedy: line('try: ') ?? 'The log says what it printed.',
  });
}
