import { z } from 'zod';
import { engineEventSchema } from '../engine-events.js';

/** What this version understands; engines/python/src/gardener_engines/protocol.py says the same number. */
export const PROTOCOL_VERSION = 1;

/** How an engine in Python says that it failed: the kinds that the product has a remedy for. */
export const ENGINE_FAILURES = [
  'bad-run',
  'base-unsupported',
  'diverged',
  'failed',
  'missing-package',
  'other-checkpoint',
  'out-of-memory',
] as const;

/** Why an engine in Python failed. */
export type EngineFailure = (typeof ENGINE_FAILURES)[number];

const failureSchema = z.object({
  type: z.literal('error'),
  kind: z.enum(ENGINE_FAILURES),
  message: z.string().max(2_000),
});

/** What an environment says of itself when it is tried. */
export const engineCheckSchema = z.object({
  type: z.literal('check'),
  device: z.string().max(200),
  versions: z.record(z.string().max(50), z.string().max(50)),
});

/** The first line of an engine in Python. */
export const helloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.number().int(),
  engine: z.string(),
});

/** Any line after the first. */
export const lineSchema = z.union([
  z.object({ type: z.literal('alive') }),
  failureSchema,
  engineCheckSchema,
  engineEventSchema,
]);

/** See `lineSchema`. */
export type EngineLine = z.infer<typeof lineSchema>;
