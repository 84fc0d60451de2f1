/** A piece of an answer, in the order it is shown. */
export type AnswerPart = { kind: 'text'; text: string } | { kind: 'code'; text: string };

/**
 * An answer as text and blocks of code; a block that is still being written is one already. Pure.
 */
export function answerParts(answer: string): AnswerPart[] {
  const parts: AnswerPart[] = [];
  let fence: string | null = null;
  for (const line of answer.split('\n')) {
    const ticks: string | undefined = /^\s{0,3}(`{3,})[^`]*$/.exec(line)?.[1];
    if (fence === null && ticks !== undefined) {
      fence = ticks;
      parts.push({ kind: 'code', text: '' });
    } else if (
      fence !== null &&
      ticks !== undefined &&
      ticks.length >= fence.length &&
      line.trim() === ticks
    ) {
      fence = null;
      parts.push({ kind: 'text', text: '' });
    } else {
      const kind = fence === null ? 'text' : 'code';
      const last = parts.at(-1);
      if (last?.kind === kind) last.text += last.text === '' ? line : `\n${line}`;
      else parts.push({ kind, text: line });
    }
  }
  return parts.filter(({ kind, text }) => kind === 'code' || text.trim() !== '');
}

/** A text as runs of words and of code in single backticks. Pure. */
export function inlineParts(text: string): AnswerPart[] {
  return text
    .split(/(`[^`\n]+`)/)
    .filter((piece) => piece !== '')
    .map((piece) =>
      /^`[^`\n]+`$/.test(piece) ? { kind: 'code', text: piece.slice(1, -1) } : { kind: 'text', text: piece },
    );
}
