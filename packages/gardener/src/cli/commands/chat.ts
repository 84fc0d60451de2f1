import { createInterface, type Interface } from 'node:readline';
import type { Command } from 'commander';
import type { AnswerEnd } from '../../chat/answers/write-answer.js';
import type { Conversation } from '../../chat/conversations/conversation.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import {
  type OpenAnswers,
  openAnswers,
  renderOrigin,
  renderSources,
  streamAnswer,
} from '../steps/open-answers.js';
import { oneLine } from '../terminal/plain-text.js';

const HELP = [
  '/sources   the places that the last answer rests on',
  '/new       start a new conversation',
  '/help      these commands',
  '/quit      leave (also Ctrl-D); the conversation is kept',
];

export function defineChat(program: Command): void {
  program
    .command('chat')
    .summary('a conversation about a codebase')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .option('--new', 'start a new conversation; without it the last one goes on')
    .description(
      'Talk about a codebase. It is like ask, with the model kept ready between questions. Each project has its own ' +
        'conversation, which is kept and goes on the next time.',
    )
    .addHelpText(
      'after',
      `
In the conversation:
  ${HELP.join('\n  ')}
Ctrl-C stops an answer; at the prompt it leaves.

Examples:
  $ gardener chat
  $ gardener chat shop --new`,
    )
    .action(withSession(chat));
}

async function chat(session: Session, options: { new?: boolean }, named?: string): Promise<void> {
  const { garden, output } = session;
  if (output.isJson) {
    throw new GardenerError('cli.no-json', 'A conversation is not one JSON value.', {
      remedy: 'Use gardener ask "…" --json.',
    });
  }
  const project = await chooseProject(session, named);
  const { newConversation, openConversation } = await import('../../chat/conversations/conversation.js');
  const answers = await openAnswers(session, project);
  const fresh = () => newConversation(garden.paths, project.id);
  const conversation = options.new ? fresh() : await openConversation(garden.paths, project.id);
  const known = (await conversation.recent()).length;
  output.line(output.palette.quiet(greeting(oneLine(project.name), known)));
  await new ChatLoop(session, answers, conversation, fresh).run();
}

function greeting(name: string, known: number): string {
  const goesOn = known === 0 ? '' : ` The last conversation goes on (/new starts another).`;
  return `About ${name}.${goesOn} /help shows the commands.`;
}

class ChatLoop {
  readonly #session: Session;
  readonly #answers: OpenAnswers;
  readonly #fresh: () => Conversation;
  #conversation: Conversation;
  #last: AnswerEnd | null = null;
  #answering: AbortController | null = null;

  constructor(session: Session, answers: OpenAnswers, conversation: Conversation, fresh: () => Conversation) {
    this.#session = session;
    this.#answers = answers;
    this.#conversation = conversation;
    this.#fresh = fresh;
  }

  async run(): Promise<void> {
    const { output } = this.#session;
    const isTerminal = process.stdin.isTTY === true && output.stdout.isTTY === true;
    const lines = createInterface({
      input: process.stdin,
      output: isTerminal ? output.stdout : undefined,
      prompt: isTerminal ? output.palette.accent('> ') : '',
    });
    const release = this.#session.onInterrupt(() => this.#interrupt(lines));
    lines.on('SIGINT', () => this.#interrupt(lines));
    try {
      lines.prompt();
      for await (const line of lines) {
        if (!(await this.#handle(line.trim()))) break;
        lines.prompt();
      }
    } finally {
      release();
      lines.close();
    }
  }

  /** Ctrl-C stops the answer that is being written; without one it ends the conversation. */
  #interrupt(lines: Interface): void {
    if (this.#answering === null) lines.close();
    else this.#answering.abort();
  }

  /** Returns false when the conversation is over. */
  async #handle(line: string): Promise<boolean> {
    const { output } = this.#session;
    if (line === '') return true;
    if (line === '/quit' || line === '/exit') return false;
    if (line === '/help') output.lines(HELP);
    else if (line === '/new') {
      this.#conversation = this.#fresh();
      this.#last = null;
      output.line('A new conversation.');
    } else if (line === '/sources') {
      output.lines(this.#last === null ? ['Ask something first.'] : renderSources(this.#session, this.#last));
    } else if (line.startsWith('/'))
      output.line(`There is no ${oneLine(line.split(' ')[0] ?? line)}. /help shows what there is.`);
    else await this.#ask(line);
    return true;
  }

  async #ask(question: string): Promise<void> {
    const { output } = this.#session;
    const answering = new AbortController();
    this.#answering = answering;
    try {
      const { end } = await streamAnswer(this.#session, this.#answers, this.#conversation, question, {
        signal: answering.signal,
      });
      this.#last = end;
      output.line();
      output.lines(renderSources(this.#session, end));
      output.line(output.palette.quiet(renderOrigin(end)));
    } catch (error) {
      // One question that fails must not end the conversation.
      if (answering.signal.aborted) output.line(output.palette.quiet('\n(stopped)'));
      else if (GardenerError.isInstance(error))
        output.failure({ message: oneLine(error.message), remedy: oneLine(error.remedy) });
      else throw error;
    } finally {
      this.#answering = null;
    }
    output.line();
  }
}
