import type { z } from '@hono/zod-openapi';
import type { infillAnswer } from './infill-schemas.js';
import type { SuggestionEnd } from './suggestion.js';

export type InfillAnswer = z.infer<typeof infillAnswer>;

/** A suggestion as llama.cpp's server tells it. @param content empty in the last piece of a stream */
export function infillAnswerOf(
  project: string,
  content: string,
  written: string,
  end: SuggestionEnd | null,
): InfillAnswer {
  const promptTokens = end?.promptTokens ?? 0;
  const tokens = end?.completionTokens ?? 0;
  return {
    index: 0,
    content,
    tokens: [],
    stop: true,
    stop_type: end === null ? 'none' : end.reason === 'stop' ? 'eos' : 'limit',
    model: project,
    tokens_predicted: tokens,
    tokens_evaluated: promptTokens,
    tokens_cached: end?.cachedTokens ?? 0,
    has_new_line: written.includes('\n'),
    truncated: false,
    timings: {
      cache_n: end?.cachedTokens ?? 0,
      ...paceOf('prompt', promptTokens - (end?.cachedTokens ?? 0), end?.promptMs ?? 0),
      ...paceOf('predicted', tokens, end?.writingMs ?? 0),
    },
    gardener: {
      project,
      silence: end?.silence ?? null,
      confidence: end?.confidence ?? null,
      adapter: end?.adapter ?? { version: null, strength: null, reason: 'Nothing was asked of the model.' },
      sources: end?.sources ?? [],
      fillInTheMiddle: end?.fillInTheMiddle ?? false,
    },
  };
}

type Pace<Name extends string> = Record<
  `${Name}_n` | `${Name}_ms` | `${Name}_per_token_ms` | `${Name}_per_second`,
  number
>;

function paceOf<Name extends string>(name: Name, tokens: number, ms: number): Pace<Name> {
  return {
    [`${name}_n`]: tokens,
    [`${name}_ms`]: round(ms),
    [`${name}_per_token_ms`]: tokens === 0 ? 0 : round(ms / tokens),
    [`${name}_per_second`]: ms === 0 ? 0 : round((tokens / ms) * 1_000),
  } as Pace<Name>;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/**
 * Only the fields that were asked for. `timings/prompt_n` names a field inside of another, and is a field of that name
 * in the result; fields that are not there are left out, and no names at all mean everything.
 */
export function chosenFields(
  answer: object,
  names: readonly string[] | null | undefined,
): Record<string, unknown> {
  if (names == null || names.length === 0) return { ...answer };
  const chosen: [string, unknown][] = [];
  for (const name of names) {
    const value = name.split('/').reduce<unknown>(fieldOf, answer);
    if (value !== undefined) chosen.push([name, value]);
  }
  return Object.fromEntries(chosen);
}

function fieldOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
