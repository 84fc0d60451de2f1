import { asApiError } from '../api/api-error.js';
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
  signal: AbortSignal;
}

/**
 * One completion by the project's model, as the model wrote it. The only place that knows by which address and in
 * which form the server is asked.
 * @throws ApiError as `request`; AbortError
 */
export async function complete(
  address: Address,
  { project, path, prefix, suffix, maxTokens, signal }: CompleteRequest,
): Promise<string> {
  const ask = (place: Partial<Place>) =>
    request<{ text: string }>(address, 'POST', `/api/projects/${encodeURIComponent(project)}/complete`, {
      body: { path, ...place, maxTokens },
      signal,
    });
  try {
    return (await ask({ prefix, suffix })).text;
  } catch (error) {
    // A base that cannot fill a gap in continues what stands before it.
    if (asApiError(error).code !== 'models.no-fill-in-the-middle') throw error;
    return (await ask({ prefix })).text;
  }
}
