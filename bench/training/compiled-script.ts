import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * A script as JavaScript, so that a measured process holds no compiler and runs the built
 * packages, as the product does.
 * @param source TypeScript that imports packages only
 * @returns path of the JavaScript, inside the repository so that it finds the packages
 */
export function compiledScript(source: URL): string {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const folder = fileURLToPath(
    new URL('../../node_modules/.cache/codebase-gardener-bench/', import.meta.url),
  );
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${basename(fileURLToPath(source), '.ts')}.mjs`);
  const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions: options });
  writeFileSync(file, outputText);
  return file;
}
