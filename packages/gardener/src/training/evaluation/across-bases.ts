import { z } from 'zod';
import { figuresOf, type TextScore } from './compare/text-scores.js';

const sideSchema = z.object({
  /** Id of the base. */
  base: z.string(),
  /** Version of the adapter with it; null for the base untouched. */
  adapter: z.number().int().nullable(),
  bitsPerByte: z.number(),
});

/**
 * An adapter on another base than the project's beside what answers now, on the same held-out texts. Losses per token
 * cannot be compared between bases; bits per byte can.
 */
export const acrossBasesSchema = z.object({
  /** What answers now. */
  current: sideSchema,
  /** The new adapter on its base, and that base untouched. */
  next: sideSchema,
  untouched: sideSchema,
  /** Texts scored. */
  texts: z.number().int(),
});

/** See `acrossBasesSchema`. */
export type AcrossBases = z.infer<typeof acrossBasesSchema>;
type Side = AcrossBases['current'];

/** What one base made of the texts, and its adapter where it has one. */
export interface MeasuredSide {
  base: string;
  version: number | null;
  scores: { base: readonly TextScore[]; adapter: readonly TextScore[] | null };
}

/** Puts both sides together over the texts that both have scored; null where there is none. */
export function acrossBases(current: MeasuredSide, next: MeasuredSide): AcrossBases | null {
  const texts = Math.min(current.scores.base.length, next.scores.base.length);
  if (texts === 0 || next.scores.adapter === null) return null;
  const bits = (scores: readonly TextScore[]): number => figuresOf(scores.slice(0, texts)).bitsPerByte;
  const side = ({ base, version, scores }: MeasuredSide): Side =>
    scores.adapter === null
      ? { base, adapter: null, bitsPerByte: bits(scores.base) }
      : { base, adapter: version, bitsPerByte: bits(scores.adapter) };
  const untouched = { base: next.base, adapter: null, bitsPerByte: bits(next.scores.base) };
  return { current: side(current), next: side(next), untouched, texts };
}

/** Why the new adapter is not served, or null where it has fewer bits per byte than what answers now. */
export function worseThanCurrent(across: AcrossBases | null | undefined): string | null {
  if (!across || across.next.bitsPerByte < across.current.bitsPerByte) return null;
  const { current, next, untouched } = across;
  const untouchedIsBetter = untouched.bitsPerByte < current.bitsPerByte;
  return (
    `The adapter is not served: on ${next.base} it has ${figure(next)} on held-out code, and ${named(current)}, ` +
    `which goes on answering, has ${figure(current)}.` +
    (untouchedIsBetter ? ` ${next.base} without an adapter has ${figure(untouched)}.` : '')
  );
}

/** What a promotion says of what answered before; empty where the base stays. */
export function betterThanCurrent(across: AcrossBases | null | undefined): string {
  if (!across) return '';
  const { current, next } = across;
  return ` On ${next.base} it has ${figure(next)}; ${named(current)}, which answered before, has ${figure(current)}.`;
}

function named({ base, adapter }: Side): string {
  return adapter === null ? `${base} without an adapter` : `adapter ${adapter} on ${base}`;
}

function figure({ bitsPerByte }: Side): string {
  return `${bitsPerByte.toFixed(3)} bits per byte`;
}
