import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PythonEngineName } from '../engine-name.js';

/**
 * The folder engines/python: beside the built files in the installed package, at the top of a checkout.
 * @throws Error where the installation lacks it
 */
export function engineSources(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'engines', 'python');
    if (existsSync(join(candidate, 'pyproject.toml'))) return candidate;
    const above = dirname(folder);
    if (above === folder) throw new Error('engines/python is missing from this installation');
    folder = above;
  }
}

/** The files that pin what an engine needs; on a machine with an NVIDIA GPU peft needs one package more. */
export function requirementFiles(engine: PythonEngineName, hasNvidia: boolean): string[] {
  const folder = join(engineSources(), 'requirements');
  const names = engine === 'peft' && hasNvidia ? [engine, 'cuda'] : [engine];
  return names.map((name) => join(folder, `${name}.txt`));
}

/** A hash of what an engine is pinned to: an environment with another one is of another version of this program. */
export async function requirementsHash(engine: PythonEngineName): Promise<string> {
  const hash = createHash('sha256');
  for (const file of requirementFiles(engine, false)) hash.update(await readFile(file));
  return hash.digest('hex');
}
