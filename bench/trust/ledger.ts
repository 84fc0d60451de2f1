import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { seededRandom } from '../../packages/gardener/src/training/data/random.js';

/** One thing to try. The same number and seed give the same case. */
export interface Case {
  number: number;
  random: () => number;
}

/** What came of a case. */
export interface Verdict {
  number: number;
  /** What was tried, in a few words: verdicts are counted by it. */
  what: string;
  /** Null when all held; else what did not. */
  lost: string | null;
}

/** Runs cases one after the other and tells each verdict at once. */
export type Part = (cases: readonly Case[], note: (verdict: Verdict) => void) => Promise<void>;

interface Line extends Verdict {
  part: string;
  seed: number;
}

/** The verdicts of a bench, in a file that it goes on from. */
export class Ledger {
  readonly #lines: Line[];

  constructor(
    readonly file: string,
    readonly seed: number,
  ) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    this.#lines = text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.seed === seed);
  }

  todo(part: string, count: number): Case[] {
    const done = new Set(this.#lines.filter((line) => line.part === part).map(({ number }) => number));
    return Array.from({ length: count }, (_, number) => number)
      .filter((number) => !done.has(number))
      .map((number) => ({ number, random: seededRandom(this.seed, `${part} ${number}`) }));
  }

  note(part: string, verdict: Verdict): void {
    const line = { part, seed: this.seed, ...verdict };
    this.#lines.push(line);
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    if (verdict.lost !== null)
      process.stderr.write(`LOST ${part} ${verdict.number}: ${verdict.what}: ${verdict.lost}\n`);
  }

  get lost(): number {
    return this.#lines.filter(({ lost }) => lost !== null).length;
  }

  /** A markdown table of what was tried, and of what was lost. */
  table(parts: readonly { part: string }[]): string[] {
    const rows = parts.flatMap(({ part }) => {
      const lines = this.#lines.filter((line) => line.part === part);
      const kindOf = ({ what }: Verdict) => what.split(',')[0] ?? what;
      const kinds = [...new Set(lines.map(kindOf))].sort();
      return kinds.map((what) => {
        const same = lines.filter((line) => kindOf(line) === what);
        return `| ${part} | ${what} | ${same.length} | ${same.filter(({ lost }) => lost !== null).length} |`;
      });
    });
    return ['| Part | Tried | Cases | Lost |', '| --- | --- | --- | --- |', ...rows];
  }
}

/** One of several things, by chance. @param items at least one */
export function pick<T>(random: () => number, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}
