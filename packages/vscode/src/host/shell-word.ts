/** A word as cmd.exe takes it for one, whatever spaces and signs stand in it; no file's name holds a quote there. Pure. */
export function windowsShellWord(word: string): string {
  return `"${word.replaceAll('"', '')}"`;
}
