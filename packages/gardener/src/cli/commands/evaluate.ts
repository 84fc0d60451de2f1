import type { Command } from 'commander';
import { GardenerError } from '../../garden/errors.js';
import { chooseProject } from '../choose-project.js';
import { renderScorecard } from '../scorecard-view.js';
import { type Session, withSession } from '../session.js';
import { oneLine } from '../terminal/plain-text.js';

export function defineEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('the scorecard: base model against adapter')
    .argument('[project]', 'name, id or path (default: the active project)')
    .description(
      'Show the scorecard of the newest adapter: base model against adapter on files that were held out from training, ' +
        'with intervals, and whether the adapter was promoted and why.',
    )
    .addHelpText(
      'after',
      `
Lower held-out loss means that the model expects this codebase's code better. An adapter is promoted only when the whole
interval of its improvement lies above the margin (setting gateMargin), and answers still end by themselves.

Examples:
  $ gardener evaluate
  $ gardener evaluate shop --json | jq .scorecard.adapter.noRetrieval.heldOutLoss`,
    )
    .action(withSession(evaluate));
}

async function evaluate(session: Session, _options: object, named?: string): Promise<void> {
  const { garden, output } = session;
  const project = await chooseProject(garden, named);
  const { projectStatus } = await import('../../training/project-status.js');
  const status = await projectStatus(garden, project);
  if (status.scorecard === null) {
    throw new GardenerError('cli.no-scorecard', `${project.name} has no adapter that was measured yet.`, {
      remedy: `Train one: gardener train ${project.name}.`,
    });
  }
  output.value(status);
  output.line(output.palette.strong(oneLine(project.name)));
  output.lines(renderScorecard(status.scorecard, output.palette));
}
