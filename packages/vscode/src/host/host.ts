import type { Address } from '../api/types.js';

/** How a server is started. */
export interface StartOptions {
  /** The program, as the setting names it. */
  command: string;
  /** The setting; empty for the default. */
  dataDirectory: string;
  /** Told what the server prints. */
  onOutput: (line: string) => void;
}

/** What the machine can do where the extension runs: all of it on the desktop, little in a browser. */
export interface Host {
  /** Origin of the page; null on the desktop. */
  readonly origin: string | null;
  /** The server of a data directory, when one is known to run on this machine. */
  runningServer(dataDirectory: string): Promise<Address | null>;
  /**
   * Starts a server that outlives the window; null where nothing can be started.
   * @throws ApiError `vscode.no-program`, `vscode.server-ended`
   */
  readonly startServer: ((options: StartOptions) => Promise<void>) | null;
  /** A folder's path without links; null where it is on no disk of this machine. */
  realPath(path: string): Promise<string | null>;
}
