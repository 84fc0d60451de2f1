import type { ExampleScore, SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import { present } from '../../../garden/errors/present.js';
import { countSupervised } from '../../data/examples.js';
import type { HeldOutFile, HeldOutGap } from '../../data/split/held-out.js';
import type { SideScores } from '../side-scores.js';

/** What of a held-out file is scored: its first windows and its first gaps. */
export interface ChosenFile {
  file: HeldOutFile;
  examples: SupervisedExample[];
  gaps: HeldOutGap[];
}

/** The rows of chosen files in the order in which `sumByFile` takes their scores: all windows, then all gaps. */
export function rowsOf(chosen: readonly ChosenFile[]): SupervisedExample[] {
  return [
    ...chosen.flatMap(({ examples }) => examples),
    ...chosen.flatMap(({ gaps }) => gaps.map(({ example }) => example)),
  ];
}

/**
 * The sums of each file. A line or a gap is matched when every token of it is the model's first choice: what greedy
 * decoding would have written.
 * @param scores of `rowsOf(chosen)`, in order
 */
export function sumByFile(
  chosen: readonly ChosenFile[],
  scores: readonly ExampleScore[],
  tokenizer: Tokenizer,
): SideScores['files'] {
  let next = 0;
  let nextGap = chosen.reduce((sum, { examples }) => sum + examples.length, 0);
  return chosen.map(({ file, examples, gaps }) => {
    const own = scores.slice(next, next + examples.length);
    next += examples.length;
    const ofGaps = scores.slice(nextGap, nextGap + gaps.length);
    nextGap += gaps.length;
    const lines = file.lines.filter((line) => line.example < examples.length);
    return {
      path: file.path,
      examples: examples.length,
      nll: examples.reduce((sum, example, i) => sum + sumNll(example, present(own[i])), 0),
      tokens: examples.reduce((sum, example) => sum + countSupervised(example), 0),
      bytes: examples.reduce((sum, example) => sum + supervisedBytes(example, tokenizer), 0),
      matchedLines: lines.filter((line) => isMatched(own[line.example], line)).length,
      lines: lines.length,
      matchedGaps: gaps.filter((gap, i) => isMatched(ofGaps[i], gap)).length,
      gaps: gaps.length,
    };
  });
}

/** Mean negative log-likelihood over the supervised tokens, nats. */
export function meanNll(examples: readonly SupervisedExample[], scores: readonly ExampleScore[]): number {
  const sum = examples.reduce((total, example, i) => total + sumNll(example, present(scores[i])), 0);
  return sum / examples.reduce((total, example) => total + countSupervised(example), 0);
}

function isMatched(score: ExampleScore | undefined, { start, end }: { start: number; end: number }): boolean {
  return score?.top1Correct.subarray(start, end).every((correct) => correct === 1) ?? false;
}

function sumNll({ supervised }: SupervisedExample, { nll }: ExampleScore): number {
  return nll.reduce((sum, loss, i) => (i > 0 && supervised[i] === 1 ? sum + loss : sum), 0);
}

/** UTF-8 bytes of the text that the supervised tokens spell: the same measure for every tokenizer. */
function supervisedBytes({ tokens, supervised }: SupervisedExample, tokenizer: Tokenizer): number {
  const targets = tokens.filter((_, i) => i > 0 && supervised[i] === 1);
  return Buffer.byteLength(tokenizer.decode(targets), 'utf8');
}
