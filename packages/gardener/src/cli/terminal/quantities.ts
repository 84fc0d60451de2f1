export { formatBytes } from '../../garden/disk/format-bytes.js';

/** A duration as people say it: `0s`, `42s`, `4m 10s`, `2h 5m`. Rounded to the smaller of its two units. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)} days`;
}

/** How long ago `time` was, from `now`: `just now`, `3m ago`, `2 days ago`. */
export function formatAge(time: Date, now: Date = new Date()): string {
  const ageMs = now.getTime() - time.getTime();
  if (ageMs < 45_000) return 'just now';
  const minutes = Math.round(ageMs / 60_000);
  if (minutes < 60) return `${minutes}m ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours}h ago`;
  return `${Math.round(hours / 24)} days ago`;
}

/** A whole number with thousands separated: `12,345`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `3 files`, `1 file`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}

/** A share between 0 and 1 as a percentage with one digit: `12.3 %`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A relative change with its sign: `-10.3 %`. */
export function formatChange(from: number, to: number): string {
  const change = ((to - from) / from) * 100;
  return `${change > 0 ? '+' : ''}${change.toFixed(1)} %`;
}
