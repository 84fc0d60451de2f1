import type { ChatMessage } from '../models/runtime/runtime.js';
import type { SearchResult } from '../retrieval/search/search.js';
import {
  CODE_HEADING,
  type FittedPrompt,
  fitOverview,
  MESSAGE_OVERHEAD,
  type PromptRoom,
  questionMessage,
  questionTooLong,
  roomCounter,
  systemMessage,
} from './build-prompt.js';
import { fitCode } from './fit-code.js';

/** What {@link fitMessages} makes a prompt of. */
export interface MessageParts extends PromptRoom {
  /** A client's conversation; at least one message is the user's. */
  messages: readonly ChatMessage[];
  /** For our own instructions where the client gives none; null for none. */
  projectName: string | null;
  /** For our own instructions as well; see projectOverview. */
  overview: readonly string[];
  /** Best first. */
  results: readonly SearchResult[];
}

/** Share of the room for the newest messages before retrieved code gets the rest. */
const HISTORY_SHARE = 0.4;

/**
 * Fits a client's messages and retrieved code into the context: the client's instructions and everything from the last
 * question on stay, code goes above that question, and of the messages between the oldest are left out first. Pure.
 * @throws GardenerError `prompt.question-too-long` when what must stay does not fit
 */
export async function fitMessages(parts: MessageParts): Promise<FittedPrompt> {
  const { messages } = parts;
  const count = roomCounter(parts);
  const given = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const ours = given.length === 0 && parts.projectName !== null ? systemMessage(parts.projectName) : null;
  let system = ours ?? given.join('\n\n');
  const talk = messages.filter(({ role }) => role !== 'system');
  const at = talk.findLastIndex(({ role }) => role === 'user');
  const [history, [question, ...tail]] = [talk.slice(0, Math.max(0, at)), talk.slice(at)];
  if (question?.role !== 'user') throw new TypeError('there is no message of a user');

  const total = parts.contextTokens - parts.answerTokens;
  let room = total - (await count(CODE_HEADING)) - MESSAGE_OVERHEAD;
  for (const content of [system, question.content, ...tail.map((message) => message.content)])
    room -= (await count(content)) + MESSAGE_OVERHEAD;
  if (room < 0) throw questionTooLong(total - room, total);

  if (ours !== null) {
    const overview = await fitOverview(parts.overview, room, count);
    room -= overview.tokens;
    if (overview.text !== '') system = `${ours}\n\n${overview.text}`;
  }

  const newest = await fitHistory(history, Math.floor(room * HISTORY_SHARE), count);
  const code = await fitCode(question.content, parts.results, room - newest.tokens, count);
  const older = await fitHistory(
    history.slice(0, history.length - newest.used),
    room - newest.tokens - code.tokens,
    count,
  );
  const kept = history.slice(history.length - newest.used - older.used);
  // A conversation that begins with an answer confuses a model.
  while (kept[0]?.role === 'assistant') kept.shift();
  return {
    messages: [
      ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
      ...kept,
      { role: 'user', content: questionMessage(question.content, code.used) },
      ...tail,
    ],
    used: code.used,
  };
}

async function fitHistory(
  history: readonly ChatMessage[],
  room: number,
  count: (text: string) => Promise<number>,
): Promise<{ used: number; tokens: number }> {
  let tokens = 0;
  let used = 0;
  for (const { content } of [...history].reverse()) {
    const needed = (await count(content)) + MESSAGE_OVERHEAD;
    if (tokens + needed > room) break;
    tokens += needed;
    used += 1;
  }
  return { used, tokens };
}
