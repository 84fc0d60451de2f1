/** The origins of a list such as `https://vscode.dev, http://127.0.0.1:3000`. */
export function originsOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((origin) => origin !== '');
}

/** Whether a text is one origin as a browser sends it: scheme and host in small letters, no default port, no path. */
export function isOrigin(text: string): boolean {
  // A parser takes a `*` for a letter of a name; here it would be taken for a pattern.
  if (!/^https?:[^*]+$/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}
