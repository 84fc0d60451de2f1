import type { ModelTokenizer } from '../tokenizer/tokenizer.js';
import type { ChatMessage, ChatTemplate, ChatTemplateOptions } from './chat-template.js';

/** Private-use character that keeps a special token in a message from being recognised; removed before encoding. */
const GUARD = '\u{f8f0}';

/**
 * Renders a conversation and encodes it: special tokens count where the template wrote them, and are ordinary text
 * where a message contains them (no prompt injection through `<|im_end|>` in code).
 * Equals `encodeWithSpecials(render(messages))` for messages without such markup.
 * @throws LoraError `transformer.bad-chat-template`, `transformer.text-too-long`
 */
export function encodeConversation(
  tokenizer: ModelTokenizer,
  chatTemplate: ChatTemplate,
  messages: readonly ChatMessage[],
  options?: ChatTemplateOptions,
): Int32Array {
  // Longest first: a special token may begin with another.
  const specials = [...tokenizer.specialTokens.keys()].sort((left, right) => right.length - left.length);
  if (specials.length === 0) return tokenizer.encode(chatTemplate.render(messages, options));
  const pattern = new RegExp(specials.map(escapeForRegExp).join('|'), 'gu');
  const guarded = messages.map((message) => ({
    ...message,
    content: message.content.replaceAll(GUARD, `${GUARD}${GUARD}`).replace(pattern, guardedSpecial),
  }));
  const rendered = chatTemplate.render(guarded, options);

  const parts: Int32Array[] = [];
  let from = 0;
  for (const match of rendered.matchAll(pattern)) {
    parts.push(tokenizer.encode(unguarded(rendered.slice(from, match.index))));
    const special = tokenizer.specialTokens.get(match[0]);
    if (special !== undefined) parts.push(Int32Array.of(special));
    from = match.index + match[0].length;
  }
  parts.push(tokenizer.encode(unguarded(rendered.slice(from))));
  return concatenated(parts);
}

function guardedSpecial(special: string): string {
  const [first = '', ...rest] = special;
  return `${first}${GUARD}!${rest.join('')}`;
}

/** Undoes the guarding: a doubled guard was one of the message's own, a guard with `!` was put in. */
function unguarded(text: string): string {
  return text.replace(/\u{f8f0}(\u{f8f0}|!)/gu, (_, next: string) => (next === '!' ? '' : GUARD));
}

function concatenated(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
