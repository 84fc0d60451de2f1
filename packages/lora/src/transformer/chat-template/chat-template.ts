import { createHash } from 'node:crypto';
import * as jinja from '@huggingface/jinja';
import { LoraError } from '../../errors.js';
import type { MetadataValue } from '../../weights/weight-source.js';

/** One message of a conversation. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Options of `ChatTemplate.render`. */
export interface ChatTemplateOptions {
  /** Ends with the opening of an assistant's turn, for the model to go on from. Defaults to false. */
  addGenerationPrompt?: boolean;
}

/** Writes a conversation the way the base model was trained to read it. */
export interface ChatTemplate {
  /**
   * @throws LoraError `transformer.bad-chat-template` when the template fails or writes too much,
   *   also when it refuses these messages (some accept no system message).
   */
  render(messages: readonly ChatMessage[], options?: ChatTemplateOptions): string;
}

/** Texts of the special tokens that a template may name. */
export interface TemplateTokens {
  begin: string;
  end: string;
}

// Caps for hostile files. Known templates have up to 15 kB; a long conversation takes some thousand steps.
const MAX_TEMPLATE_LENGTH = 131_072;
const MAX_STEPS = 250_000;
const MAX_OUTPUT_LENGTH = 16 * 1024 * 1024;
const MAX_RANGE = 100_000;

/**
 * The chat template inside a GGUF (`tokenizer.chat_template`).
 * @returns the template and the sha256 (hex) of its text.
 * @throws LoraError `transformer.bad-chat-template` when there is none or it does not work.
 */
export function chatTemplateFromGguf(metadata: ReadonlyMap<string, MetadataValue>): {
  chatTemplate: ChatTemplate;
  hash: string;
} {
  const source = metadata.get('tokenizer.chat_template');
  if (typeof source !== 'string') throw badTemplate('the file holds none');
  const tokens = metadata.get('tokenizer.ggml.tokens');
  const text = (name: string): string => {
    const id = metadata.get(`tokenizer.ggml.${name}_token_id`);
    const token = Array.isArray(tokens) && typeof id === 'number' ? tokens[id] : undefined;
    return typeof token === 'string' ? token : '';
  };
  return {
    chatTemplate: chatTemplateFromText(source, { begin: text('bos'), end: text('eos') }),
    hash: createHash('sha256').update(source).digest('hex'),
  };
}

/**
 * A chat template from its Jinja text, tried once on a short conversation.
 * The text may come from anywhere: its size, its steps and its output are bounded.
 * @throws LoraError `transformer.bad-chat-template`
 */
export function chatTemplateFromText(source: string, tokens: TemplateTokens): ChatTemplate {
  if (source.length > MAX_TEMPLATE_LENGTH) throw badTemplate(`it has ${source.length} characters`);
  const program = parsed(source);
  const chatTemplate: ChatTemplate = {
    render: (messages, options) => render(program, messages, tokens, options?.addGenerationPrompt ?? false),
  };
  const probe = chatTemplate.render([
    { role: 'user', content: 'first-question' },
    { role: 'assistant', content: 'first-answer' },
    { role: 'user', content: 'second-question' },
  ]);
  if (!/first-question[\s\S]*first-answer[\s\S]*second-question/.test(probe)) {
    throw badTemplate('it leaves messages out');
  }
  return chatTemplate;
}

type Program = { readonly type: 'Program' };

// The package's own types do not resolve under NodeNext (imports without extension), so the part used is spelled out.
const { Environment, Interpreter, parse, tokenize } = jinja as unknown as {
  Environment: new () => { set(name: string, value: unknown): void };
  Interpreter: new (
    environment: unknown,
  ) => {
    run(program: Program): { value: unknown };
    evaluate(statement: unknown, environment: unknown): { value: unknown };
  };
  parse: (tokens: unknown) => Program;
  tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => unknown;
};

function parsed(source: string): Program {
  try {
    // As transformers sets up Jinja.
    return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (cause) {
    throw badTemplate(`it cannot be parsed (${reasonOf(cause)})`, cause);
  }
}

function render(
  program: Program,
  messages: readonly ChatMessage[],
  tokens: TemplateTokens,
  addGenerationPrompt: boolean,
): string {
  try {
    const environment = new Environment();
    const globals = {
      ...constants,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: tokens.begin,
      eos_token: tokens.end,
    };
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    const output = new BoundedInterpreter(environment).run(program).value;
    if (typeof output !== 'string') throw new Error('no text came out');
    return output;
  } catch (cause) {
    throw badTemplate(`it fails (${reasonOf(cause)})`, cause);
  }
}

/** An interpreter that stops a template that loops or grows without end. */
class BoundedInterpreter extends Interpreter {
  #steps = 0;

  override evaluate(statement: unknown, environment: unknown): { value: unknown } {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new Error('too many steps');
    const result = super.evaluate(statement, environment);
    const value = result.value;
    if ((typeof value === 'string' || Array.isArray(value)) && value.length > MAX_OUTPUT_LENGTH) {
      throw new Error('too much output');
    }
    return result;
  }
}

/** The globals that transformers gives a template; dates are fixed, so that the same messages give the same text. */
const constants = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  raise_exception: (message: unknown): never => {
    throw new Error(String(message));
  },
  range: boundedRange,
  strftime_now: (): string => '26 Jul 2024',
};

function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(count) || count > MAX_RANGE) throw new Error('range is too long');
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}

function badTemplate(reason: string, cause?: unknown): LoraError {
  return new LoraError(
    'transformer.bad-chat-template',
    `The chat template of this base model cannot be used: ${reason}.`,
    {
      remedy: 'Choose an instruction-tuned base model whose file holds a working chat template.',
      details: { reason },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
