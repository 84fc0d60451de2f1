import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchCache } from '../inputs/bench-cache.js';

/**
 * A Python with what bench/python/<folder>/requirements.txt lists, made once; BENCH_PYTHON
 * names one that is there already.
 */
export async function pythonWith(folder: 'peft' | 'sentence-transformers'): Promise<string> {
  const given = process.env.BENCH_PYTHON;
  if (given) return given;
  const environment = join(benchCache, folder);
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const done = join(environment, 'installed');
  if (existsSync(done)) return python;
  const requirements = fileURLToPath(new URL(`./${folder}/requirements.txt`, import.meta.url));
  execFileSync('python3', ['-m', 'venv', environment], { stdio: ['ignore', 2, 2] });
  execFileSync(python, ['-m', 'pip', 'install', '-q', '-r', requirements], { stdio: ['ignore', 2, 2] });
  writeFileSync(done, '');
  return python;
}
