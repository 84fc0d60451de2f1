/** Those of `names` that occur as whole identifiers in `text`, in order of first use. */
export function usedNames(text: string, names: ReadonlySet<string>): string[] {
  if (names.size === 0) return [];
  const used = new Set<string>();
  for (const [word] of text.matchAll(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu)) {
    if (names.has(word)) used.add(word);
  }
  return [...used];
}
