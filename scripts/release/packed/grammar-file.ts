// In a packed Gardener, this is codebase/languages/grammar-file.ts: the grammars lie beside the program, compressed
// (a tenth of their size), those that the language table names alone.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'grammars');

/** The bytes of a compiled grammar. @param specifier as in the language table @throws where it is not installed */
export async function readGrammar(specifier: string): Promise<Uint8Array> {
  return promisify(gunzip)(await readFile(join(folder, `${basename(specifier)}.gz`)));
}
