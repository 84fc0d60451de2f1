import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../models/runtime/runtime.js';
import { fitMessages, type MessageParts } from './fit-messages.js';

const countTokens = async (text: string) => (text.match(/\w+|[^\w\s]|\n/g) ?? []).length;
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const result = {
  chunk: { path: 'a.ts', startLine: 1, endLine: 1, language: 'typescript', text: 'const a = 1;' },
  score: 1,
} as never;

const fit = (messages: ChatMessage[], changes: Partial<MessageParts> = {}) =>
  fitMessages({
    messages,
    projectName: 'demo',
    overview: ['README: a demo.'],
    results: [result],
    contextTokens: 400,
    answerTokens: 100,
    countTokens,
    ...changes,
  });

describe('fitMessages', () => {
  it('puts code above the last question and gives our instructions where the client has none', async () => {
    const { messages, used } = await fit([user('one'), assistant('two'), user('three')]);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(messages[0]?.content).toMatch(/the project demo[\s\S]*README: a demo\.$/);
    expect(messages[3]?.content).toMatch(/const a = 1;[\s\S]*three$/);
    expect(messages[1]?.content).toBe('one');
    expect(used).toHaveLength(1);
  });

  it('keeps the client’s own instructions, in one message, and what follows the question', async () => {
    const { messages } = await fit([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.' },
      user('one'),
      assistant('It'),
    ]);
    expect(messages[0]).toEqual({ role: 'system', content: 'Be brief.\n\nBe kind.' });
    expect(messages.at(-1)).toEqual(assistant('It'));
    expect((await fit([user('one')], { projectName: null, results: [] })).messages).toEqual([user('one')]);
  });

  it('leaves out the oldest messages, begins with the user’s, and fits', async () => {
    const long = Array.from({ length: 30 }, (_, n) => [
      user(`q${n} ${'x '.repeat(10)}`),
      assistant(`a${n}`),
    ]).flat();
    const { messages, used } = await fit([...long, user('last')]);
    expect(messages[1]?.role).toBe('user');
    expect(messages.at(-2)?.content).toBe('a29');
    expect(used).toHaveLength(1);
    const counts = await Promise.all(messages.map(({ content }) => countTokens(content)));
    expect(counts.reduce((sum, one) => sum + one + 8, 0)).toBeLessThanOrEqual(300);
  });

  it('says when the question alone is too long', async () => {
    await expect(fit([user('word '.repeat(400))])).rejects.toMatchObject({
      code: 'prompt.question-too-long',
    });
  });
});
