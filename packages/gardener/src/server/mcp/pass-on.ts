import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  type JSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ErrorBody } from '../contract/error-answer.js';
import { serverToken } from '../guard/token.js';
import { runningServer } from '../listen/server-file.js';

/** Options of {@link PassOn}. */
export interface PassOnOptions {
  paths: GardenPaths;
  /**
   * Called when the server answers again after this process had to answer by itself: the
   * models opened here can be closed.
   */
  onServer: () => void;
}

/**
 * A transport between a client and our own MCP server: calls of tools go to the server of the data directory while one
 * runs, so that there is one set of models in memory; everything else, and all of it without such a server, is answered
 * by our own. Every tool only reads, so a call that breaks off because the server goes away is begun anew here.
 */
export class PassOn implements Transport {
  readonly #client: Transport;
  readonly #options: PassOnOptions;
  readonly #underWay = new Map<RequestId, AbortController>();
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: NonNullable<Transport['onmessage']>;

  constructor(client: Transport, options: PassOnOptions) {
    this.#client = client;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#client.onclose = () => this.onclose?.();
    this.#client.onerror = (error) => this.onerror?.(error);
    this.#client.onmessage = (message) => this.#receive(message);
    await this.#client.start();
  }

  send(message: JSONRPCMessage): Promise<void> {
    return this.#client.send(message);
  }

  async close(): Promise<void> {
    for (const call of this.#underWay.values()) call.abort();
    await this.#client.close();
  }

  #receive(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message) && message.method === 'tools/call') {
      this.#call(message).catch((error: unknown) => this.onerror?.(error as Error));
      return;
    }
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled')
      this.#underWay.get(message.params?.requestId as RequestId)?.abort();
    this.onmessage?.(message);
  }

  async #call(request: JSONRPCRequest): Promise<void> {
    const call = new AbortController();
    this.#underWay.set(request.id, call);
    try {
      if (await this.#isAnswered(request, call.signal)) return;
    } finally {
      this.#underWay.delete(request.id);
    }
    if (!call.signal.aborted) this.onmessage?.(request);
  }

  /** Whether the server has answered; also when it has refused. */
  async #isAnswered(request: JSONRPCRequest, signal: AbortSignal): Promise<boolean> {
    const server = await runningServer(this.#options.paths);
    if (server === null) return false;
    const token = server.needsToken ? await serverToken(this.#options.paths) : null;
    let response: Response;
    try {
      response = await fetch(`${server.url}/mcp`, {
        ...{ method: 'POST', body: JSON.stringify(request), signal },
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      // It is being shut down.
      if (response.status === 503) return false;
      this.#options.onServer();
      if (!response.ok) {
        await this.#client.send(refusal(request.id, await response.json()));
        return true;
      }
      for await (const message of messagesOf(response)) {
        await this.#client.send(message);
        if ('id' in message && message.id === request.id) return true;
      }
    } catch {
      // It is not there any more, or the client has cancelled.
    }
    return false;
  }
}

/** The messages of an answer's server-sent events. */
async function* messagesOf({ body }: Response): AsyncGenerator<JSONRPCMessage, void> {
  if (body === null) return;
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) yield JSONRPCMessageSchema.parse(JSON.parse(data));
}

/** What the server says instead of an answer, as a tool tells it to the model. */
function refusal(id: RequestId, body: unknown): JSONRPCMessage {
  const { message, remedy } = (body as ErrorBody).error;
  const content = [{ type: 'text', text: `${message} ${remedy}` }];
  return { jsonrpc: '2.0', id, result: { content, isError: true } };
}
