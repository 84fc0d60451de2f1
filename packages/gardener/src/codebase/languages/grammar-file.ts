import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The bytes of a compiled grammar. @param specifier as in the language table @throws where it is not installed */
export function readGrammar(specifier: string): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve(specifier));
}
