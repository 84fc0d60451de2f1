import { readFileSync } from 'node:fs';

/** The version in package.json. */
export function programVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return String((manifest as { version?: unknown }).version);
}
