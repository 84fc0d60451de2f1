import type { AnswerEnd } from '../../chat/answers/write-answer.js';
import type { Assistant } from '../../chat/assistant.js';
import type { Conversation } from '../../chat/conversations/conversation.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { Session } from '../session/session.js';
import { oneLine, plainText } from '../terminal/plain-text.js';
import { describeFreshness } from '../views/describe-freshness.js';
import { fetchModels, fetchProjectModels } from './fetch-models.js';
import { openReadyIndex } from './open-search.js';

/** A project that is ready to answer; closed with the session. */
export interface OpenAnswers {
  assistant: Assistant;
  project: ProjectRecord;
}

/**
 * Starts the base model and the search of a project.
 * @throws GardenerError `cli.index-not-ready` before anything is indexed; what the runtime throws
 */
export async function openAnswers(session: Session, project: ProjectRecord): Promise<OpenAnswers> {
  await openReadyIndex(session, project);
  return openProject(session, project);
}

/** Starts the base model of a project, whether or not it is indexed. */
export async function openProject(session: Session, project: ProjectRecord): Promise<OpenAnswers> {
  const { garden, output } = session;
  // A model that is missing is fetched with a bar of its own.
  if (garden.settings.runtimeProvider === 'llama-cpp') await fetchProjectModels(session, project.baseModel);
  else if (garden.settings.embeddingProvider === 'catalogue')
    await fetchModels(session, [garden.settings.embeddingModel]);
  const { Assistant } = await import('../../chat/assistant.js');
  const assistant = new Assistant(garden);
  session.closeAtEnd(() => assistant.close());
  const progress = output.progress();
  if (output.stderr.isTTY) progress.update({ label: 'loading the model' });
  await assistant.prepare(project, session.signal).finally(() => progress.finish());
  return { assistant, project };
}

/**
 * Streams one answer to stdout and gives it whole, with what it rests on.
 * @throws GardenerError as `answer` does
 */
export async function streamAnswer(
  session: Session,
  { assistant, project }: OpenAnswers,
  conversation: Conversation,
  question: string,
  options: { signal?: AbortSignal; adapter?: 'promoted' | 'base'; strength?: number } = {},
): Promise<{ text: string; end: AnswerEnd }> {
  let text = '';
  let end: AnswerEnd | null = null;
  const request = { conversation, question, signal: session.signal, ...options };
  for await (const event of assistant.answer(project, request)) {
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
