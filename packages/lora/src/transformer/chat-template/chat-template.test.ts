import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MetadataValue } from '../../weights/weight-source.js';
import { type ChatMessage, chatTemplateFromGguf, chatTemplateFromText } from './chat-template.js';

const file = new URL('../../../fixtures/golden/smollm2/chats.json', import.meta.url);
const { template, chats } = JSON.parse(readFileSync(file, 'utf8')) as {
  template: string;
  chats: { messages: ChatMessage[]; addGenerationPrompt: boolean; text: string }[];
};
const tokens = { begin: '<s>', end: '</s>' };
const bad = expect.objectContaining({ code: 'transformer.bad-chat-template' });
const good = '{% for message in messages %}{{ message.content }}{% endfor %}';

describe('chatTemplateFromGguf', () => {
  it("writes what transformers' apply_chat_template writes", () => {
    const { chatTemplate, hash } = chatTemplateFromGguf(new Map([['tokenizer.chat_template', template]]));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    for (const { messages, addGenerationPrompt, text } of chats) {
      expect(chatTemplate.render(messages, { addGenerationPrompt })).toBe(text);
    }
  });

  it('gives the template the texts of the begin and end tokens', () => {
    const metadata = new Map<string, MetadataValue>([
      ['tokenizer.chat_template', `{{ bos_token }}${good}{{ eos_token }}`],
      ['tokenizer.ggml.tokens', ['a', '<begin>', '<end>']],
      ['tokenizer.ggml.bos_token_id', 1],
      ['tokenizer.ggml.eos_token_id', 2],
    ]);
    const { chatTemplate } = chatTemplateFromGguf(metadata);
    expect(chatTemplate.render([{ role: 'user', content: 'hi' }])).toBe('<begin>hi<end>');
  });

  it('refuses a file without a template', () => {
    expect(() => chatTemplateFromGguf(new Map())).toThrow(bad);
    expect(() => chatTemplateFromGguf(new Map([['tokenizer.chat_template', 7]]))).toThrow(bad);
  });
});

describe('chatTemplateFromText', () => {
  const refusals: [string, string][] = [
    ['text that is no Jinja', '{% for message in %}'],
    ['one that fails', '{{ messages.nothing.at.all() }}'],
    ['one that always refuses', "{{ raise_exception('never') }}"],
    ['one that leaves messages out', "{{ messages[0]['content'] }}"],
    ['an empty one', ''],
    ['one of a megabyte', good.padEnd(1_000_000, ' ')],
    ['a range without end', `{% for i in range(10000000000) %}{% endfor %}${good}`],
    [
      'loops in loops',
      `{% for a in range(10000) %}{% for b in range(10000) %}{% set c = 1 %}{% endfor %}{% endfor %}${good}`,
    ],
    [
      'text that doubles',
      `{% set n = namespace(x='xxxxxxxx') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}${good}`,
    ],
    ['a macro that calls itself', `{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}${good}`],
    ['deep nesting', `{{ ${'('.repeat(30_000)}1${')'.repeat(30_000)} }}${good}`],
  ];

  it.each(refusals)('refuses %s', (_, source) => {
    expect(() => chatTemplateFromText(source, tokens)).toThrow(bad);
  });

  it('takes a template that only refuses system messages, and says so when one comes', () => {
    const source = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${good}`;
    const chatTemplate = chatTemplateFromText(source, tokens);
    expect(chatTemplate.render([{ role: 'user', content: 'x' }])).toBe('x');
    expect(() => chatTemplate.render([{ role: 'system', content: 'x' }])).toThrow(/no system/);
  });

  it('does not run what a message says', () => {
    const chatTemplate = chatTemplateFromText(good, tokens);
    expect(chatTemplate.render([{ role: 'user', content: '{{ 7 * 7 }}' }])).toBe('{{ 7 * 7 }}');
  });
});
