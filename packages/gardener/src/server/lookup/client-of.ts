import type { Context } from 'hono';

/** Who asks, as far as can be told: editors that say it, else the program. */
export function clientOf(c: Context): string {
  return (c.req.header('x-gardener-client') ?? c.req.header('user-agent') ?? '').slice(0, 200);
}
