import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import { type PythonCommand, pythonCommands } from '../../../models/store/pip-source.js';

const run = promisify(execFile);
/** The oldest that the pinned packages exist for. */
const OLDEST: readonly [number, number] = [3, 11];
const TIMEOUT_MS = 20_000;
/** Looked for where the usual names lead to one that is too old. */
const NEWER = ['python3.13', 'python3.12', 'python3.11'].map((command) => ({ command, arguments: [] }));

/**
 * A Python on PATH that engines can be installed with.
 * @param candidates defaults to the usual names
 * @throws GardenerError `training.python-missing`, `training.python-too-old`
 */
export async function findPython(
  candidates: readonly PythonCommand[] = [...pythonCommands, ...NEWER],
): Promise<PythonCommand> {
  let old: string | null = null;
  for (const candidate of candidates) {
    const version = await versionOf(candidate);
    if (version === null) continue;
    if (isNewEnough(version)) return candidate;
    old ??= version.join('.');
  }
  const remedy = `Install Python ${OLDEST.join('.')} or later, or uv, which brings one; then try again.`;
  if (old === null) {
    throw new GardenerError('training.python-missing', 'No Python was found.', { remedy });
  }
  const message = `Python ${old} is too old for this engine, which needs ${OLDEST.join('.')} or later.`;
  throw new GardenerError('training.python-too-old', message, { remedy });
}

/** Whether uv is on PATH. */
export async function hasUv(): Promise<boolean> {
  return run('uv', ['--version'], { timeout: TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

/** The oldest Python as uv is asked for it. */
export const OLDEST_PYTHON = `>=${OLDEST.join('.')}`;

async function versionOf(python: PythonCommand): Promise<[number, number] | null> {
  const args = [...python.arguments, '-c', 'import sys; print(*sys.version_info[:2])'];
  const found = await run(python.command, args, { timeout: TIMEOUT_MS, windowsHide: true }).catch(() => null);
  const [, major, minor] = /^(\d+) (\d+)\s*$/.exec(found?.stdout ?? '') ?? [];
  return major === undefined || minor === undefined ? null : [Number(major), Number(minor)];
}

function isNewEnough([major, minor]: [number, number]): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
