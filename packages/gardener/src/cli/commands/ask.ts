import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { openAnswers, renderOrigin, renderSources, streamAnswer } from '../steps/open-answers.js';
import { parseStrength } from '../steps/parse-options.js';

interface AskOptions {
  project?: string;
  new?: boolean;
  withoutAdapter?: boolean;
  strength?: string;
}

export function defineAsk(program: Command): void {
  program
    .command('ask')
    .summary('ask a question about a codebase')
    .argument('<question>', 'in your own words')
    .option('-p, --project <project>', 'name, id or path (default: that of this folder, else the active one)')
    .option('--new', 'start a new conversation; without it the last one goes on')
    .option('--without-adapter', 'let the base model answer, to compare')
    .option('--strength <number>', 'how strong the adapter is, 0 to 1.5 (default: what its training chose)')
    .description(
      'Ask a question about a codebase. The code that fits is looked up in the index, the model answers with it and with ' +
        "the project's adapter, and the places it rests on are listed. Nothing leaves this machine.",
    )
    .addHelpText(
      'after',
      `
Examples:
  $ gardener ask "where is the session token checked?"
  $ gardener ask "and who calls it?"                  goes on with the same conversation
  $ gardener ask "what does retry do?" -p shop --new
  $ gardener ask "what does retry do?" --json | jq -r '.sources[] | "\\(.path):\\(.startLine)"'`,
    )
    .action(withSession(ask));
}

async function ask(session: Session, options: AskOptions, question: string): Promise<void> {
  const { garden, output } = session;
  const strength = parseStrength(options.strength);
  const project = await chooseProject(session, options.project);
  const { newConversation, openConversation } = await import('../../chat/conversations/conversation.js');
  const answers = await openAnswers(session, project);
  const conversation = options.new
    ? newConversation(garden.paths, project.id)
    : await openConversation(garden.paths, project.id);
  const { text, end } = await streamAnswer(session, answers, conversation, question, {
    adapter: options.withoutAdapter ? 'base' : 'promoted',
    ...strength,
  });
  output.value({
    project: { id: project.id, name: project.name },
    answer: text.trim(),
    sources: end.sources,
    adapter: end.adapter.version,
    adapterStrength: end.adapter.strength,
    adapterReason: end.adapter.reason,
    index: end.index,
    end: end.reason,
    promptTokens: end.promptTokens,
    completionTokens: end.completionTokens,
    conversation: end.conversation,
  });
  output.line();
  output.lines(renderSources(session, end));
  output.line(output.palette.quiet(renderOrigin(end)));
}
