import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where an entry file, written as its compiled `new URL('./x.js', import.meta.url)`, really lies. */
function locateEntry(entry: URL): { file: string; isSource: boolean } {
  const compiled = fileURLToPath(entry);
  const source = compiled.replace(/\.js$/, '.ts');
  const isSource =
    source.endsWith('.ts') && existsSync(source) && (compiled === source || !existsSync(compiled));
  const built = isSource ? builtFrom(source) : compiled;
  return built === null ? { file: source, isSource } : { file: built, isSource: false };
}

/**
 * What was compiled from a source, where that is wanted: CODEBASE_GARDENER_TEST_COMPILED is set by tests that compile
 * all sources before (scripts/compiled.setup.ts), as a child starts in a third of the time without tsx.
 */
function builtFrom(source: string): string | null {
  if (process.env.CODEBASE_GARDENER_TEST_COMPILED !== '1') return null;
  const built = source.replace(/^(.*[\\/])src([\\/].*)\.ts$/, '$1dist$2.js');
  return built !== source && existsSync(built) ? built : null;
}

/** The full address of tsx: a bare name would be looked up from the child's working directory. */
function tsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
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
  const loader = isSource ? ['--conditions=source', '--import', tsx()] : [];
  return { command: process.execPath, args: [...execArgv, ...loader, file, ...args] };
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
