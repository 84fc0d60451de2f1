import { GardenerError } from '../garden/errors.js';

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
