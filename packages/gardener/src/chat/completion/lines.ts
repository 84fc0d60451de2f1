/** How wide a tab counts where lines are compared by their indentation. */
const TAB = 4;

/** The columns of white space that a line begins with. */
export function indentationOf(line: string): number {
  let columns = 0;
  for (const letter of line) {
    if (letter === ' ') columns += 1;
    else if (letter === '\t') columns += TAB;
    else break;
  }
  return columns;
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** Whether a line does nothing but close what stands above it. */
export function isCloser(line: string): boolean {
  return /^\s*(?:[)\]}]|end\b|<\/)/.test(line);
}

/** Whether the next line belongs to what this line begins. */
export function opensBlock(line: string): boolean {
  return /(?:[:{([,]|=>|\b(?:do|then|else|begin)|\|[\w\s,]*\|)\s*$/.test(
    line.replace(/\s+(?:\/\/|#).*$/, ''),
  );
}

const MODIFIERS =
  '(?:export|default|public|private|protected|internal|static|async|abstract|final|override|virtual|pub(?:\\([a-z]+\\))?|unsafe|const|inline|open|sealed|data)';
const DECLARATION = new RegExp(
  `^\\s*(?:${MODIFIERS}\\s+)*(?:function|class|def|fn|func|fun|interface|enum|struct|impl|trait|module|namespace|record)\\b`,
);
/** `name(…) {`, which is a method unless a keyword stands there. */
const METHOD = new RegExp(
  `^\\s*(?:${MODIFIERS}\\s+)*(?:[\\w$<>\\[\\].?]+\\s+)?(?!(?:if|for|while|switch|catch|with|using|lock|return|await|match|do)\\b)[#\\w$]+\\s*(?:<[^>]*>)?\\([^;]*\\)[^;=]*\\{\\s*$`,
);

/** Whether a line begins a function, a class or the like, or what is written above one. */
export function isDeclaration(line: string): boolean {
  return DECLARATION.test(line) || METHOD.test(line) || /^\s*(?:@[A-Za-z]|#\[|\/\*\*)/.test(line);
}
