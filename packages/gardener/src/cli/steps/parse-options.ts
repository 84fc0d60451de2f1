import { GardenerError } from '../../garden/errors/garden-error.js';
import { isOrigin } from '../../garden/settings/origins.js';
import { MAX_ADAPTER_STRENGTH } from '../../garden/settings/settings.js';

/**
 * A whole number from the command line.
 * @throws GardenerError `cli.bad-number` when it is none or outside `minimum` to `maximum`
 */
export function parseWholeNumber(text: string, option: string, minimum: number, maximum: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < minimum || value > maximum) {
    throw new GardenerError('cli.bad-number', `${option} cannot be "${text}".`, {
      remedy: `Give a whole number from ${minimum} to ${maximum}.`,
    });
  }
  return value;
}

/**
 * A number from the command line.
 * @throws GardenerError `cli.bad-number` when it is none or outside `minimum` to `maximum`
 */
export function parseNumber(text: string, option: string, minimum: number, maximum: number): number {
  const value = /^\d*\.?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!Number.isNaN(value) && value >= minimum && value <= maximum) return value;
  throw new GardenerError('cli.bad-number', `${option} cannot be "${text}".`, {
    remedy: `Give a number from ${minimum} to ${maximum}.`,
  });
}

/** `--strength` of the commands that answer: nothing where it was not given. @throws GardenerError `cli.bad-number` */
export function parseStrength(text: string | undefined): { strength?: number } {
  if (text === undefined) return {};
  return { strength: parseNumber(text, '--strength', 0, MAX_ADAPTER_STRENGTH) };
}

/**
 * The folder of `--data-dir`. An empty one (a shell variable that is not set) must not mean the default.
 * @throws GardenerError `cli.bad-data-dir`
 */
export function parseDataDirectory(text: string): string {
  if (text.trim() !== '') return text;
  throw new GardenerError('cli.bad-data-dir', '--data-dir is empty.', {
    remedy: 'Give a folder, or leave the option out.',
  });
}

/**
 * The origins of `--allow-origin`.
 * @throws GardenerError `cli.bad-origin` when one is not written as a browser sends it
 */
export function parseOrigins(origins: readonly string[]): readonly string[] {
  const bad = origins.find((origin) => !isOrigin(origin));
  if (bad === undefined) return origins;
  throw new GardenerError('cli.bad-origin', `--allow-origin cannot be "${bad}".`, {
    remedy:
      'Give a scheme, a host and perhaps a port, without a path, as in https://vscode.dev or http://127.0.0.1:3000.',
  });
}
