/** A word as cmd.exe takes it for one, whatever stands in it; no name of a file holds a quote there. Pure. */
export function windowsShellWord(word: string): string {
  return `"${word.replaceAll('"', '')}"`;
}
