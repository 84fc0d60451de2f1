import { readEvents } from '../../api/event-stream.js';
import { projectPath } from '../../api/projects.js';
import { ApiError, asApiError, isAbort, send } from '../../api/request.js';
import type { AnswerEnd, AnswerEvent, Question } from '../../api/types.js';

/** An answer while it is being written. */
export interface Answer {
  question: string;
  text: string;
  state: 'waiting' | 'writing' | 'done' | 'stopped' | 'failed';
  end: AnswerEnd | null;
  error: ApiError | null;
}

/** Before its first word. */
export function newAnswer(question: string): Answer {
  return { question, text: '', state: 'waiting', end: null, error: null };
}

/**
 * Asks a question and reports the growing answer, at most once a frame. Never throws: an answer can be `failed`.
 * @param signal stops the generation; the answer is then `stopped`
 */
export async function ask(
  projectId: string,
  conversation: string,
  question: Question,
  signal: AbortSignal,
  onChange: (answer: Answer) => void,
): Promise<Answer> {
  let answer = newAnswer(question.question);
  let frame = 0;
  const tell = (change: Partial<Answer>): void => {
    answer = { ...answer, ...change };
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      onChange(answer);
    });
  };
  try {
    const path = projectPath(projectId, `/conversations/${encodeURIComponent(conversation)}/ask`);
    const response = await send('POST', path, question, signal);
    if (response.body === null) throw new Error('The answer has no body.');
    for await (const { event: name, data: text } of readEvents(response.body)) {
      const { event, data } = { event: name, data: JSON.parse(text) as unknown } as AnswerEvent;
      if (event === 'text') tell({ state: 'writing', text: answer.text + data.text });
      if (event === 'end') tell({ state: 'done', end: data });
      if (event === 'error') throw new ApiError(200, data.error);
    }
    if (answer.state !== 'done') throw brokenOff();
  } catch (error) {
    tell(
      isAbort(error) || signal.aborted ? { state: 'stopped' } : { state: 'failed', error: asApiError(error) },
    );
  }
  cancelAnimationFrame(frame);
  onChange(answer);
  return answer;
}

function brokenOff(): ApiError {
  return new ApiError(0, {
    code: 'web.answer-broken-off',
    message: 'The answer broke off: the server has gone away.',
    remedy: 'Ask again when the server is back.',
  });
}
