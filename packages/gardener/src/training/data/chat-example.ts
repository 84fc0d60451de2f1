import type { ChatTemplate, ModelTokenizer, SupervisedExample, Tokenizer } from '@codebase-gardener/lora';

/** What examples are made with: the base's own tokenizer and chat template. */
export interface ExampleBase {
  tokenizer: ModelTokenizer;
  chatTemplate: ChatTemplate;
}

/** One question with the answer the model should learn. */
export interface InstructionPair {
  question: string;
  answer: string;
}

/** The template's own tokens around a question and its answer; rendered once, since a template is a program. */
export interface ChatFrame {
  before: Int32Array;
  between: Int32Array;
  /**
   * Ends with the end token. What the template writes after it, such as a line end, is never generated and so is not
   * learned.
   */
  after: Int32Array;
}

// Private-use characters: they stand for the contents while the template is rendered, and occur in no template.
const QUESTION_MARK = '\uE0F0';
const ANSWER_MARK = '\uE0F1';

/**
 * Renders the base's chat template around one exchange.
 * @param system system message, or null for the template's own default
 * @throws LoraError `transformer.bad-chat-template`
 */
export function chatFrame({ tokenizer, chatTemplate }: ExampleBase, system: string | null): ChatFrame {
  const rendered = chatTemplate.render([
    ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user', content: QUESTION_MARK },
    { role: 'assistant', content: ANSWER_MARK },
  ]);
  const questionAt = rendered.indexOf(QUESTION_MARK);
  const answerAt = rendered.indexOf(ANSWER_MARK);
  const after = tokenizer.encodeWithSpecials(rendered.slice(answerAt + 1));
  const end = after.indexOf(tokenizer.endOfTurnToken);
  return {
    before: tokenizer.encodeWithSpecials(rendered.slice(0, questionAt)),
    between: tokenizer.encodeWithSpecials(rendered.slice(questionAt + 1, answerAt)),
    after: end < 0 ? Int32Array.of(tokenizer.endOfTurnToken) : after.slice(0, end + 1),
  };
}

/**
 * One question and answer in a chat frame. Only the answer and its end token are supervised, so that the model learns
 * to stop. The contents are encoded as plain text: special-token markup inside source code stays text.
 */
export function chatExample(
  pair: InstructionPair,
  frame: ChatFrame,
  tokenizer: Tokenizer,
): SupervisedExample {
  const question = tokenizer.encode(pair.question);
  const answer = tokenizer.encode(pair.answer);
  const given = [...frame.before, ...question, ...frame.between];
  const tokens = Int32Array.from([...given, ...answer, ...frame.after]);
  const supervised = new Uint8Array(tokens.length).fill(1, given.length);
  return { tokens, supervised };
}
