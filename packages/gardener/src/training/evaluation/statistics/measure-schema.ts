import { z } from 'zod';

// JSON has no infinity: an interval over a single file comes back from disk as null ends.
const end = (missing: number) =>
  z
    .number()
    .nullable()
    .transform((value) => value ?? missing);

/** A `Measure` as it lies on disk. */
export const measureSchema = z.object({
  value: z.number(),
  low: end(Number.NEGATIVE_INFINITY),
  high: end(Number.POSITIVE_INFINITY),
  n: z.number().int().nonnegative(),
});
