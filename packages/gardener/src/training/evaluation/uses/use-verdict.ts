import type { CompletionScore, UseScores } from './use-scores.js';

/** Who serves one use, and why. */
export interface UseVerdict {
  serves: 'adapter' | 'base';
  /** How many were right (a completion: its first line; an answer: all names), of `n`. */
  base: number;
  adapter: number;
  n: number;
  /** Completions with their file alone, of as many places as there was time for; null for answers, or for none. */
  alone: Counts | null;
  /** Completions with related code; null for answers. */
  retrieved: Counts | null;
  /** One plain sentence with the figures. */
  reason: string;
}

/** How many of `n` were right. */
interface Counts {
  base: number;
  adapter: number;
  n: number;
}

/** Null where it was not measured. */
export interface UseVerdicts {
  completion: UseVerdict | null;
  answers: UseVerdict | null;
}

/**
 * An adapter that is worse with less than this chance of being so by luck (one-sided sign test over what the sides
 * differ in) does not serve: four that change, all for the worse (p = 0.06), are enough, three are not (0.13).
 */
export const WORSE_BY_CHANCE = 0.1;

/**
 * Says for each use whether the adapter is at least as good as the base, beyond chance. Completions are judged as each
 * side would make them.
 * @param shown whether related code is shown to each for completions; null: it is
 */
export function judgeUses(
  base: UseScores,
  adapter: UseScores,
  shown: { base: boolean; adapter: boolean } | null = null,
): UseVerdicts {
  const made = ({ completions, completionsAlone }: UseScores, isShown = true) =>
    isShown ? completions : completionsAlone;
  const chosen = pairs(made(base, shown?.base), made(adapter, shown?.adapter));
  // Where there was no time for what was chosen, what there was time for tells.
  const completions = chosen.length > 0 ? chosen : pairs(base.completions, adapter.completions);
  const lines = completions.map(([a, b]): Pair => [a.firstLine, b.firstLine]);
  const retrieved = judge(firstLines(base.completions, adapter.completions), (counts) => counts);
  const clean = completions.map(([a, b]): Pair => [!a.leaked, !b.leaked]);
  const completion = judge(lines, (counts) => `the first line of a completion is right in ${counts}`);
  const leaks = judge(clean, (counts) => `completions without prose of a chat behind the code: ${counts}`);
  const alone = judge(firstLines(base.completionsAlone, adapter.completionsAlone), (counts) => counts);
  const judged =
    completion && leaks?.serves === 'base'
      ? { ...completion, serves: 'base' as const, reason: leaks.reason }
      : completion;
  return {
    completion: judged && {
      ...judged,
      alone: alone && countsOf(alone),
      retrieved: retrieved && countsOf(retrieved),
    },
    answers: judge(
      pairs(base.answers, adapter.answers),
      (counts) => `questions whose answer is known are answered rightly: ${counts}`,
    ),
  };
}

/** Right with the base, right with the adapter. */
type Pair = readonly [base: boolean, adapter: boolean];

function firstLines(base: readonly CompletionScore[], adapter: readonly CompletionScore[]): Pair[] {
  return pairs(base, adapter).map(([a, b]): Pair => [a.firstLine, b.firstLine]);
}

function countsOf({ base, adapter, n }: Counts): Counts {
  return { base, adapter, n };
}

function judge(results: readonly Pair[], say: (counts: string) => string): UseVerdict | null {
  const n = results.length;
  if (n === 0) return null;
  const base = results.filter(([right]) => right).length;
  const adapter = results.filter(([, right]) => right).length;
  const lost = results.filter(([before, after]) => before && !after).length;
  const won = results.filter(([before, after]) => !before && after).length;
  const isWorse = signTest(lost, lost + won) < WORSE_BY_CHANCE;
  const said = say(`${adapter} of ${n} with the adapter, ${base} with the base`);
  return {
    serves: isWorse ? 'base' : 'adapter',
    ...{ base, adapter, n, alone: null, retrieved: null },
    reason: `${said[0]?.toUpperCase()}${said.slice(1)}.`,
  };
}

function pairs<T>(base: readonly T[], adapter: readonly T[]): [T, T][] {
  return base.flatMap((one, index) => {
    const other = adapter[index];
    return other === undefined ? [] : [[one, other] as [T, T]];
  });
}

/** The chance of `successes` or more among `n` throws of a fair coin; 1 for n = 0. */
export function signTest(successes: number, n: number): number {
  let probability = 0.5 ** n;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    if (k >= successes) sum += probability;
    probability *= (n - k) / (k + 1);
  }
  return Math.min(1, sum);
}
