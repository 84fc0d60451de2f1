const number = new Intl.NumberFormat('en-GB');

/** 12345 -> "12,345" */
export function count(value: number): string {
  return number.format(value);
}

/** "1 file", "2 files" */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** 1536 -> "1.5 KB" (1 KB = 1,000 bytes, as disks are sold) */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** 83000 -> "1 min 23 s"; two units at most. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** How long is left, rounded as people say it: "about 4 min". */
export function remaining(ms: number): string {
  if (ms < 45_000) return 'less than a minute';
  return `about ${duration(Math.max(1, Math.round(ms / 60_000)) * 60_000)}`;
}

/** "20m", "1h 30m", "90s" or a bare number of minutes -> ms; null when it is none of these. */
export function parseBudget(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 60_000);
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(s|m|min|h|d)\b/g)];
  if (
    parts.length === 0 ||
    parts
      .map(([whole]) => whole)
      .join('')
      .replace(/\s/g, '') !== trimmed.replace(/\s/g, '')
  ) {
    return null;
  }
  const unitMs: Record<string, number> = { s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5 };
  return Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0),
  );
}

/** 0.1234 -> "12.3 %" */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** "29 Nov, 14:02:07": tells two things of the same hour apart. */
export function moment(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${day}, ${date.toLocaleTimeString('en-GB')}`;
}

/** "just now", "4 min ago", "yesterday, 14:02", "12 Nov, 14:02" */
export function ago(iso: string, now = Date.now()): string {
  const date = new Date(iso);
  const passed = now - date.getTime();
  if (Number.isNaN(passed)) return iso;
  if (passed < 60_000) return 'just now';
  if (passed < 3_600_000) return `${Math.floor(passed / 60_000)} min ago`;
  if (passed < 12 * 3_600_000) return `${Math.floor(passed / 3_600_000)} h ago`;
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (new Date(now).toDateString() === date.toDateString()) return `today, ${time}`;
  if (new Date(now - 864e5).toDateString() === date.toDateString()) return `yesterday, ${time}`;
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${time}`;
}

/** `binary-file` -> "binary file": reasons as the index writes them. */
export function words(id: string): string {
  return id.replace(/[-_]/g, ' ');
}

/** A git commit as people quote it. */
export function shortCommit(commit: string | null): string | null {
  return commit === null ? null : commit.slice(0, 7);
}
