import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Where an entry file, written as its compiled `new URL('./x.js', import.meta.url)`, really lies. */
function locateEntry(entry: URL): { file: string; isSource: boolean } {
  const compiled = fileURLToPath(entry);
  const source = compiled.replace(/\.js$/, '.ts');
  const isSource =
    source.endsWith('.ts') && existsSync(source) && (compiled === source || !existsSync(compiled));
  return { file: isSource ? source : compiled, isSource };
}

/** The full address of a module of tsx: a bare name would be looked up from the child's working directory. */
function tsxModule(name: string): string {
  const file = createRequire(import.meta.url).resolve(name);
  // The CommonJS face of tsx/esm/api does not find its own files once tsx runs this process too.
  return pathToFileURL(file.replace(/index\.cjs$/, 'index.mjs')).href;
}

/**
 * The command that runs one of our entry files with this very Node.
 * `entry` is written as the compiled file, `new URL('./x.js', import.meta.url)`. Where only the TypeScript source lies
 * there (a checkout, vitest), the command is `node --conditions=source --import tsx x.ts`; otherwise `node x.js`.
 * @param execArgv arguments for Node itself
 */
export function entryCommand(
  entry: URL,
  args: string[],
  execArgv: readonly string[] = [],
): { command: string; args: string[] } {
  const { file, isSource } = locateEntry(entry);
  const loader = isSource ? ['--conditions=source', '--import', tsxModule('tsx')] : [];
  return { command: process.execPath, args: [...execArgv, ...loader, file, ...args] };
}

/** Starts an entry file as a worker thread; where only its TypeScript source lies there, through tsx. */
export function startThread(entry: URL): Worker {
  const { file, isSource } = locateEntry(entry);
  if (!isSource) return new Worker(file);
  // A thread's own --import does not reach its entry file; and this is tsx's face for `import`, `resolve` gives the other one.
  const api = new URL('dist/esm/api/index.mjs', tsxModule('tsx/package.json')).href;
  const imports = [api, pathToFileURL(file).href].map((url) => `import(${JSON.stringify(url)})`);
  const bootstrap = `${imports[0]}.then((tsx) => { tsx.register(); return ${imports[1]}; });`;
  return new Worker(bootstrap, { eval: true, execArgv: [] });
}

/** Starts an entry file as a child process: `entryCommand` with Node's own spawn options; no window on Windows. */
export function spawnEntry(
  entry: URL,
  args: string[] = [],
  { execArgv = [], ...options }: SpawnOptions & { execArgv?: readonly string[] } = {},
): ChildProcess {
  const { command, args: all } = entryCommand(entry, args, execArgv);
  return spawn(command, all, { windowsHide: true, ...options });
}
