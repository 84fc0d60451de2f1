import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PACKAGES = ['packages/lora', 'packages/gardener'];

/**
 * Compiles into dist/ what changed since the last build, and the fixtures, some of which are processes of their own (no
 * package is published with them), so that child processes of tests need not compile themselves: see
 * garden/processes/spawn-entry.ts. Seconds where nothing changed.
 * @throws where the sources have an error of types, which the compiler has printed
 */
export default function setup(): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-b', ...PACKAGES], { cwd: ROOT, stdio: 'inherit' });
  for (const directory of PACKAGES.map((path) => join(ROOT, path)))
    buildSync({
      entryPoints: fixturesOf(directory),
      outdir: join(directory, 'dist'),
      outbase: join(directory, 'src'),
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
}

function fixturesOf(directory: string): string[] {
  return readdirSync(join(directory, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.fixture.ts'))
    .map((file) => join(directory, 'src', file));
}
