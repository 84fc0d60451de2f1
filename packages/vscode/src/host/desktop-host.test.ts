import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { desktopHost } from './desktop-host.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-vscode-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the server of a data directory', () => {
  const write = (server: object) => writeFile(join(folder, 'server.json'), JSON.stringify(server));
  const url = 'http://127.0.0.1:4999';

  it('is found while its process lives, with its token where one is asked for', async () => {
    await write({ url, pid: process.pid, needsToken: false });
    expect(await desktopHost.runningServer(folder)).toEqual({ url, token: null });
    await write({ url, pid: process.pid, needsToken: true });
    await writeFile(join(folder, 'server_token'), 'a-token\n');
    expect(await desktopHost.runningServer(folder)).toEqual({ url, token: 'a-token' });
  });

  it('is none when it has ended, or its file is none', async () => {
    expect(await desktopHost.runningServer(folder)).toBeNull();
    await write({ url, pid: 2 ** 22 + 1, needsToken: false });
    expect(await desktopHost.runningServer(folder)).toBeNull();
    await writeFile(join(folder, 'server.json'), '{"url": 1');
    expect(await desktopHost.runningServer(folder)).toBeNull();
  });
});

// What a program says and how it ends is all that counts here; the real one is started in e2e/vscode.test.ts.
describe.skipIf(process.platform === 'win32')('starting a server', () => {
  const program = async (script: string): Promise<string> => {
    const file = join(folder, 'gardener');
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  };
  const start = async (command: string): Promise<string[]> => {
    const lines: string[] = [];
    await desktopHost.startServer?.({ command, dataDirectory: folder, onOutput: (line) => lines.push(line) });
    return lines;
  };

  it('is done when it says where it serves', async () => {
    const lines = await start(await program('echo "$@"; echo "Serving at http://127.0.0.1:4747/"'));
    expect(lines).toEqual([`serve --data-dir ${folder}`, 'Serving at http://127.0.0.1:4747/']);
  });

  it('takes another port where the usual one is taken', async () => {
    const script = `case "$*" in *--port*) echo "Serving at http://127.0.0.1:5000/";;
      *) echo "error: Port 4747 is in use." >&2; exit 1;; esac`;
    expect(await start(await program(script))).toContain('Serving at http://127.0.0.1:5000/');
  });

  it('fails with what the server says is wrong', async () => {
    const command = await program('echo "error: It is damaged." >&2; echo "try: Mend it." >&2; exit 1');
    await expect(start(command)).rejects.toMatchObject({
      ...{ code: 'vscode.server-ended', message: 'It is damaged.', remedy: 'Mend it.' },
    });
    await expect(start(await program('exit 3'))).rejects.toMatchObject({
      message: 'The server did not start (exit code 3).',
    });
  });

  it('says when there is no such program', async () => {
    await expect(start(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'vscode.no-program' });
  });
});
