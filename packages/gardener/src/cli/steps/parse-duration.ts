import { GardenerError } from '../../garden/errors/garden-error.js';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };
const SHORTEST_MS = 10_000;
const LONGEST_MS = 24 * 3_600_000;

/**
 * A time from the command line: `90s`, `20m`, `1h`, `1h30m`.
 * @returns milliseconds
 * @throws GardenerError `cli.bad-duration` when it is no such time or outside 10 seconds to 24 hours
 */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([smh])/g)];
  const isWhole = /^(?:\d+(?:\.\d+)?\s*[smh]\s*)+$/.test(text.trim());
  const durationMs = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0),
    0,
  );
  if (!isWhole || durationMs < SHORTEST_MS || durationMs > LONGEST_MS) {
    throw new GardenerError('cli.bad-duration', `"${text}" is not a time between 10 seconds and 24 hours.`, {
      remedy: 'Write a number and a unit: 90s, 5m, 20m, 1h.',
    });
  }
  return Math.round(durationMs);
}
