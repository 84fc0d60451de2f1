import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** This repository's own TypeScript as one text: real code that is always there. */
export async function sourceText(): Promise<string> {
  const root = fileURLToPath(new URL('../../packages/', import.meta.url));
  const names = await readdir(root, { recursive: true });
  const sources = names
    .filter((name) => /[\\/]src[\\/].*\.ts$/.test(name) && !name.includes('node_modules'))
    .sort();
  const texts = await Promise.all(sources.map((name) => readFile(root + name, 'utf8')));
  return texts.join('\n');
}
