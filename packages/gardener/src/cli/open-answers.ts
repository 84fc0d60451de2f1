import type { AnswerEnd, AnswerRequest } from '../chat/answer.js';
import type { Conversation } from '../chat/conversation.js';
import { GardenerError } from '../garden/errors.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { describeFreshness } from './describe-freshness.js';
import { fetchModels } from './fetch-models.js';
import { openSearch } from './open-search.js';
import type { Session } from './session.js';
import { oneLine, plainText } from './terminal/plain-text.js';

/** Enough for six chunks, a few exchanges and the answer; more only makes the first word later. */
const CONTEXT_TOKENS = 4_096;

/** What stays open between the questions of one command. */
export type OpenAnswers = Omit<AnswerRequest, 'question' | 'conversation' | 'signal'>;

/** Starts the base model and the search of a project; both are closed with the session. */
export async function openAnswers(session: Session, project: ProjectRecord): Promise<OpenAnswers> {
  const { garden, output } = session;
  const { index, embedder } = await openSearch(session, project);
  const [model] = await fetchModels(session, [project.baseModel]);
  if (model === undefined) throw new Error('no base model');
  const { startLlamaCpp } = await import('../models/llama-cpp.js');
  const { threads } = garden.settings;
  const progress = output.progress();
  if (output.stderr.isTTY) progress.update({ label: 'loading the model' });
  const runtime = await startLlamaCpp(model.weights, { threads, contextTokens: CONTEXT_TOKENS }).finally(() =>
    progress.finish(),
  );
  session.closeAtEnd(() => runtime.dispose());
  const weights = model.manifest.files.find((file) => model.weights.endsWith(file.name));
  return { garden, project, runtime, index, embedder, baseWeightsSha256: weights?.sha256 ?? null };
}

/**
 * Streams one answer to stdout and gives it whole, with what it rests on.
 * @throws GardenerError as `answer` does
 */
export async function streamAnswer(
  session: Session,
  answers: OpenAnswers,
  conversation: Conversation,
  question: string,
  signal: AbortSignal = session.signal,
): Promise<{ text: string; end: AnswerEnd }> {
  const { answer } = await import('../chat/answer.js');
  let text = '';
  let end: AnswerEnd | null = null;
  for await (const event of answer({ ...answers, conversation, question, signal })) {
    if (event.type === 'end') end = event;
    else {
      text += event.text;
      session.output.text(plainText(event.text));
    }
  }
  session.output.text('\n');
  if (end === null) {
    throw new GardenerError('cli.no-answer', 'The answer broke off.', {
      remedy: 'Ask again.',
      retryable: true,
    });
  }
  return { text, end };
}

/** The sources of an answer, one `path:start-end` a line. */
export function renderSources(session: Session, end: AnswerEnd): string[] {
  const { accent, quiet } = session.output.palette;
  if (end.sources.length === 0) return [quiet('No code of this project was found for it.')];
  return end.sources.map((source) => {
    const place = accent(`${oneLine(source.path)}:${source.startLine}-${source.endLine}`);
    return source.symbol === null ? `  ${place}` : `  ${place}  ${quiet(oneLine(source.symbol))}`;
  });
}

/** One line: which model answered, and how fresh the index was. */
export function renderOrigin({ adapter, index, reason }: AnswerEnd): string {
  const parts = [oneLine(adapter.reason)];
  if (reason === 'length') parts.push('The answer was cut off at its longest.');
  const age = index === null ? '' : describeFreshness(index);
  if (age !== '') parts.push(age);
  return parts.join(' ');
}
