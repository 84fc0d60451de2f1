import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';

/**
 * Says which projects' records cannot be read, and what to do.
 * @returns how many there are
 */
export async function tellProblems({ garden, output }: Session): Promise<number> {
  const problems = await garden.registry.problems();
  for (const { error } of problems) {
    output.note(`${output.notePalette.warn('damaged:')} ${oneLine(error.message)}`);
    output.note(`${output.notePalette.accent('try:')} ${oneLine(error.remedy)}`);
  }
  return problems.length;
}
