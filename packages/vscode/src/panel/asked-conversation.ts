import { ApiError } from '../api/api-error.js';

/** How the server is asked for one question. */
export interface ConversationRequests<Answer> {
  /** Begins a conversation. @returns its id */
  begin(): Promise<string>;
  /** @throws ApiError `chat.unknown-conversation` where the server has no such conversation */
  ask(id: string): Promise<Answer>;
  /** Told when what was answered before is not known to the conversation that is asked now. */
  onLost(): void;
}

/**
 * The server's conversation that questions are asked in. The server may lose it: one without an exchange ends with the
 * server, and every client can delete any.
 */
export class AskedConversation {
  #id: string | null = null;
  #hasAnswers = false;

  /**
   * Asks, in a new conversation where there is none yet or the server no longer has it. It is begun anew once only.
   * @throws whatever `begin` and `ask` throw
   */
  async ask<Answer>({ begin, ask, onLost }: ConversationRequests<Answer>): Promise<Answer> {
    if (this.#id !== null) {
      try {
        return await ask(this.#id);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'chat.unknown-conversation') throw error;
        this.#id = null;
      }
    }
    const id = await begin();
    this.#id = id;
    if (this.#hasAnswers) onLost();
    this.#hasAnswers = false;
    return ask(id);
  }

  /** To be called when an answer has begun: from then on there is something to lose. */
  hasAnswered(): void {
    this.#hasAnswers = true;
  }
}
