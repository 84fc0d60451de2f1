import { request } from '../api/request.js';
import type { Address } from '../api/types.js';
import type { Place } from './place.js';

/** What is to be completed. */
export interface CompleteRequest extends Place {
  project: string;
  /** Of the file, in the project. */
  path: string;
  maxTokens: number;
  /** 0, the default, takes the likeliest token each time. */
  temperature?: number;
  seed?: number;
  /** How sure the model has to be, from 0 to 1. Defaults to the server's setting. */
  minConfidence?: number;
  signal: AbortSignal;
}

/**
 * One completion by the project's model, cut by the server to what belongs at the place; empty where nothing is worth
 * it. The only place that knows by which address and in which form the server is asked.
 * @throws ApiError as `request`; AbortError
 */
export async function complete(
  address: Address,
  { project, signal, ...body }: CompleteRequest,
): Promise<string> {
  const path = `/api/projects/${encodeURIComponent(project)}/complete`;
  const { text } = await request<{ text: string }>(address, 'POST', path, { body, signal });
  return text;
}
