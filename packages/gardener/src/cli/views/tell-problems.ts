import type { ProjectProblem } from '../../garden/read-projects.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';

/** Says which projects' records cannot be read, and what to do. */
export function tellProblems({ output }: Session, problems: readonly ProjectProblem[]): void {
  for (const { error } of problems) {
    output.note(`${output.notePalette.warn('damaged:')} ${oneLine(error.message)}`);
    output.note(`${output.notePalette.accent('try:')} ${oneLine(error.remedy)}`);
  }
}
