import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** A longer answer is none of Ray's. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

/** One request. */
export interface RayRequest {
  method: 'GET' | 'POST';
  url: URL;
  /** Sent as JSON. */
  json?: object;
  /** Sent as a bearer token when it is not empty. */
  token: string;
  timeoutMs: number;
}

/** An answer, whatever its status. Redirects are answers like any other: the token goes nowhere else. */
export interface RayAnswer {
  status: number;
  text: string;
}

/**
 * Asks Ray. Not with `fetch`: that sends `Sec-Fetch-Mode`, by which Ray takes a request for a browser's and refuses it.
 * @throws Error of the network; one that says so where the answer is too long or takes too long
 */
export function askRay({ method, url, json, token, timeoutMs }: RayRequest): Promise<RayAnswer> {
  const body = json === undefined ? '' : JSON.stringify(json);
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method,
      headers: {
        accept: 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(body !== '' && { 'content-type': 'application/json' }),
        ...(token !== '' && { authorization: `Bearer ${token}` }),
      },
      // No connection is kept: between two looks a head may have been restarted.
      agent: false,
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    request.on('error', (error) => end(() => reject(error)));
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytes > MAX_ANSWER_BYTES)
          request.destroy(new Error(`an answer of more than ${MAX_ANSWER_BYTES / 2 ** 20} MB`));
      });
      response.on('error', (error) => end(() => reject(error)));
      response.on('end', () =>
        end(() => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') })),
      );
    });
    request.end(body);
  });
}
