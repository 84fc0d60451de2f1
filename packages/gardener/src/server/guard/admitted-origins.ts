import type { Context } from 'hono';
import type { Garden } from '../../garden/garden.js';
import { currentSettings } from '../../garden/settings/follow-settings.js';
import { originsOf } from '../../garden/settings/origins.js';

/** Whether web pages of an origin, as a browser sends it, may use the server like its own. */
export type AdmitsOrigin = (origin: string) => Promise<boolean>;

/** A preflight need not be repeated for this long. */
const PREFLIGHT_SECONDS = 600;

/**
 * The origins of the setting `allowedOrigins`, as it is now, and those of `--allow-origin`: exactly these, no patterns.
 */
export function admittedOrigins(garden: Garden, fromOption: readonly string[] = []): AdmitsOrigin {
  return async (origin) => {
    if (fromOption.includes(origin)) return true;
    const { allowedOrigins } = await currentSettings(garden);
    return originsOf(allowedOrigins).includes(origin);
  };
}

/** Lets a page of an admitted origin read the answer, whatever it becomes. No cookie is taken from it. */
export function letPageRead(c: Context, origin: string): void {
  c.header('access-control-allow-origin', origin);
  c.header('vary', 'Origin');
  c.header('access-control-expose-headers', 'Retry-After');
}

/** What a browser asks before it sends JSON or a token for a page of another origin. */
export function isPreflight(c: Context): boolean {
  return c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
}

export function answerPreflight(c: Context): Response {
  return c.body(null, 204, {
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    'access-control-allow-headers':
      'authorization, content-type, last-event-id, x-gardener-client, x-gardener-retrieval',
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  });
}
