import type { ChatTemplate, Example, Tokenizer } from '@codebase-gardener/lora';

/** What examples are made with: the base's own tokenizer and chat template. */
export interface ExampleBase {
  tokenizer: Tokenizer;
  chatTemplate: ChatTemplate;
}

/** One question with the answer the model should learn. */
export interface InstructionPair {
  question: string;
  answer: string;
}

// Private-use characters: they stand for the contents while the template is rendered, and occur in no template.
const QUESTION_MARK = '\uE0F0';
const ANSWER_MARK = '\uE0F1';

/**
 * Renders one question and answer in the base's chat template. Only the answer and its end token are supervised, so that the
 * model learns to stop. The contents are encoded as plain text: special-token markup inside source code stays text.
 * @param system system message, or null for the template's own default
 */
export function chatExample(pair: InstructionPair, base: ExampleBase, system: string | null): Example {
  const { tokenizer, chatTemplate } = base;
  const rendered = chatTemplate.render([
    ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user', content: QUESTION_MARK },
    { role: 'assistant', content: ANSWER_MARK },
  ]);
  const questionAt = rendered.indexOf(QUESTION_MARK);
  const answerAt = rendered.indexOf(ANSWER_MARK);
  const before = tokenizer.encodeWithSpecials(rendered.slice(0, questionAt));
  const question = tokenizer.encode(pair.question);
  const between = tokenizer.encodeWithSpecials(rendered.slice(questionAt + 1, answerAt));
  const answer = tokenizer.encode(pair.answer);
  const after = tokenizer.encodeWithSpecials(rendered.slice(answerAt + 1));
  // What follows the end token (a line end, say) is the template's business and never generated.
  const end = after.indexOf(tokenizer.endOfTurnToken);
  const stop = end < 0 ? [tokenizer.endOfTurnToken] : after.subarray(0, end + 1);

  const given = [...before, ...question, ...between];
  const learned = [...answer, ...stop];
  const tokens = Int32Array.from([...given, ...learned]);
  const supervised = new Uint8Array(tokens.length).fill(1, given.length);
  return { tokens, supervised };
}
