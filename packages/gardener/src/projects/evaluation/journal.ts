import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { type SideScores, sideScoresSchema } from '../../training/evaluation/side-scores.js';
import { type PlaceOutcome, placeOutcomeSchema } from '../../training/evaluation/two-by-two/place-outcome.js';

/** Name of the file, in the adapter's folder. */
export const JOURNAL_FILE = 'evaluation.jsonl';

const pairSchema = z.object({ base: sideScoresSchema, adapter: sideScoresSchema });
const lineSchema = z.union([
  z.object({ of: z.string() }),
  z.object({ part: z.string(), pair: pairSchema }),
  z.object({ place: placeOutcomeSchema }),
]);

/** Larger was not written here: a place takes half a kilobyte. */
const MAX_JOURNAL_BYTES = 64 * 1024 * 1024;

/**
 * What an evaluation that takes long has measured so far, line by line: one that was stopped goes on where it was. The
 * file goes once the scorecard holds all of it.
 */
export class EvaluationJournal {
  readonly #parts = new Map<string, { base: SideScores; adapter: SideScores }>();
  readonly #places: PlaceOutcome[] = [];

  private constructor(readonly file: string) {}

  /**
   * Opens a journal; one of something else, or one that cannot be read, is begun anew.
   * @param of names what is measured: adapter, strength, data
   * @throws GardenerError `garden.disk-full`, `garden.permission-denied`
   */
  static async open(file: string, of: string): Promise<EvaluationJournal> {
    const journal = new EvaluationJournal(file);
    const { lines, isWhole } = await readLines(file);
    const [first] = lines;
    const isOfThis = first !== undefined && 'of' in first && first.of === of;
    const kept = isOfThis ? lines : [{ of }];
    for (const line of kept) {
      if ('part' in line) journal.#parts.set(line.part, line.pair);
      else if ('place' in line) journal.#places.push(line.place);
    }
    if (isOfThis && isWhole) return journal;
    await writeFile(file, kept.map((line) => `${JSON.stringify(line)}\n`).join('')).catch(
      (error: unknown) => {
        throw asFilesystemError(error, file, 'write');
      },
    );
    return journal;
  }

  /** Places that were measured before. */
  get places(): readonly PlaceOutcome[] {
    return this.#places;
  }

  /** Both sides of a part: as measured before, else as `measure` finds now, which is kept. */
  async part(
    name: string,
    measure: () => Promise<{ base: SideScores; adapter: SideScores }>,
  ): Promise<{ base: SideScores; adapter: SideScores }> {
    const known = this.#parts.get(name);
    if (known !== undefined) return known;
    const pair = await measure();
    await this.#append({ part: name, pair });
    this.#parts.set(name, pair);
    return pair;
  }

  /** Keeps what was written at a place. */
  async keepPlace(place: PlaceOutcome): Promise<void> {
    await this.#append({ place });
    this.#places.push(place);
  }

  /**
   * What was asked for is in the scorecard. What a full evaluation that was stopped had measured stays for the next one
   * where this one asked for less.
   */
  async finish({ full }: { full: boolean }): Promise<void> {
    if (full || this.#parts.size === 0) await rm(this.file, { force: true });
  }

  async #append(line: z.input<typeof lineSchema>): Promise<void> {
    await appendFile(this.file, `${JSON.stringify(line)}\n`).catch((error: unknown) => {
      throw asFilesystemError(error, this.file, 'write');
    });
  }
}

/** The lines that can be read: what a kill has cut off, and all behind it, is left out, and the file is not whole. */
async function readLines(file: string): Promise<{ lines: z.infer<typeof lineSchema>[]; isWhole: boolean }> {
  const size = await stat(file).then(
    (entry) => (entry.isFile() ? entry.size : Number.POSITIVE_INFINITY),
    () => 0,
  );
  if (size > MAX_JOURNAL_BYTES) return { lines: [], isWhole: false };
  const text = size === 0 ? '' : await readFile(file, 'utf8').catch(() => '');
  const lines: z.infer<typeof lineSchema>[] = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const parsed = lineSchema.safeParse(asJson(line));
    if (!parsed.success) return { lines, isWhole: false };
    lines.push(parsed.data);
  }
  return { lines, isWhole: text.endsWith('\n') };
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
