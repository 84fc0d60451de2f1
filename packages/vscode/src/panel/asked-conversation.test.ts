import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../api/api-error.js';
import { AskedConversation } from './asked-conversation.js';

/** The conversations that the server has; without an exchange they are lost when it starts anew. */
let known: Set<string>;
let begun: number;
let lost: number;
let asked: string[];
let conversation: AskedConversation;
beforeEach(() => {
  known = new Set();
  begun = 0;
  lost = 0;
  asked = [];
  conversation = new AskedConversation();
});

const failure = (code: string) => new ApiError({ code, message: 'Not so.', remedy: '' });
const requests = {
  begin: async () => {
    begun += 1;
    known.add(`c${begun}`);
    return `c${begun}`;
  },
  ask: async (id: string) => {
    asked.push(id);
    if (!known.has(id)) throw failure('chat.unknown-conversation');
    return `answer in ${id}`;
  },
  onLost: () => {
    lost += 1;
  },
};

describe('the conversation that is asked in', () => {
  it('is begun with the first question, and goes on', async () => {
    expect(await conversation.ask(requests)).toBe('answer in c1');
    conversation.hasAnswered();
    expect(await conversation.ask(requests)).toBe('answer in c1');
    expect({ begun, lost }).toEqual({ begun: 1, lost: 0 });
  });

  it('is begun anew where the server no longer has it, which is said', async () => {
    await conversation.ask(requests);
    conversation.hasAnswered();
    known.clear();
    expect(await conversation.ask(requests)).toBe('answer in c2');
    conversation.hasAnswered();
    expect(await conversation.ask(requests)).toBe('answer in c2');
    expect({ begun, lost }).toEqual({ begun: 2, lost: 1 });
  });

  it('is begun anew in silence where nothing was answered in it', async () => {
    await conversation.ask(requests);
    known.clear();
    expect(await conversation.ask(requests)).toBe('answer in c2');
    expect(lost).toBe(0);
  });

  it('says what was lost also when it could not be begun at once', async () => {
    await conversation.ask(requests);
    conversation.hasAnswered();
    known.clear();
    const begin = async () => {
      throw failure('vscode.server-away');
    };
    await expect(conversation.ask({ ...requests, begin })).rejects.toMatchObject({
      code: 'vscode.server-away',
    });
    expect(lost).toBe(0);
    expect(await conversation.ask(requests)).toBe('answer in c2');
    expect(lost).toBe(1);
  });

  it('is begun anew once for a question, and for no other failure', async () => {
    await conversation.ask(requests);
    known.clear();
    const forgetful = { ...requests, begin: async () => 'c9' };
    await expect(conversation.ask(forgetful)).rejects.toMatchObject({ code: 'chat.unknown-conversation' });
    expect(asked).toEqual(['c1', 'c1', 'c9']);
    const busy = {
      ...requests,
      ask: async () => {
        throw failure('server.busy');
      },
    };
    await expect(conversation.ask(busy)).rejects.toMatchObject({ code: 'server.busy' });
    expect(begun).toBe(1);
  });
});
