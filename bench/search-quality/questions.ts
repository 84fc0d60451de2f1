import { readFileSync } from 'node:fs';
import { z } from 'zod';

const place = z.union([
  z.string(),
  z.object({
    path: z.string(),
    start_line: z.number().int().nullish(),
    end_line: z.number().int().nullish(),
  }),
]);
const annotation = z.object({
  query: z.string(),
  relevant: z.array(place),
  secondary: z.array(place).default([]),
  category: z.string(),
});

/** What answers a question: a file, or some lines of it. */
export interface Target {
  /** Relative to the repository's root. */
  path: string;
  /** 1-based, inclusive; null when any line of the file answers. */
  lines: { start: number; end: number } | null;
}

/** A question and all that answers it. */
export interface Question {
  text: string;
  /** `symbol` names a declaration, `semantic` says what code does, `architecture` asks how parts work together. */
  kind: string;
  targets: Target[];
}

/** The questions of one repository, as the public benchmark writes them. @throws Error for a file of another shape */
export function readQuestions(file: string): Question[] {
  return z
    .array(annotation)
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .map(({ query, relevant, secondary, category }) => ({
      text: query,
      kind: category,
      targets: [...relevant, ...secondary].map(targetOf),
    }));
}

function targetOf(found: z.infer<typeof place>): Target {
  if (typeof found === 'string') return { path: found, lines: null };
  const { path, start_line: start, end_line: end } = found;
  return { path, lines: start && end ? { start, end } : null };
}
