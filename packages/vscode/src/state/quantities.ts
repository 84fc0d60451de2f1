const number = new Intl.NumberFormat('en-GB');

/** 12345 -> "12,345" */
export function count(value: number): string {
  return number.format(value);
}

/** "1 file", "2 files" */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** How long is left, rounded as people say it: "about 4 min". */
export function remaining(ms: number): string {
  if (ms < 45_000) return 'less than a minute';
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return `about ${minutes} min`;
  const rest = minutes % 60;
  return `about ${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

/** 0.1234 -> "12.3 %" */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
