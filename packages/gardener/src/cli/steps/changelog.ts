/** What a version brought. */
export interface Release {
  version: string;
  /** Lines of Markdown, without empty ones around them. */
  lines: string[];
}

/** The versions of a CHANGELOG.md, newest first as they stand there, each under its heading `## <version>`. */
export function readChangelog(markdown: string): Release[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.trim().split(/\r?\n/);
      return { version: heading.split(/\s/)[0] ?? '', lines: lines.join('\n').trim().split('\n') };
    });
}

/** The versions above `since`, all of them where that is unknown; the newest one where `since` is not given. */
export function releasesSince(releases: readonly Release[], since: string | undefined): Release[] {
  if (since === undefined) return releases.slice(0, 1);
  const known = releases.findIndex(({ version }) => version === since);
  return releases.slice(0, known === -1 ? undefined : known);
}
