import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { chooseProject } from '../steps/choose-project.js';
import { fetchProjectModels } from '../steps/fetch-models.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatDuration } from '../terminal/quantities.js';
import { printStatus } from '../views/print-status.js';
import { renderScorecard } from '../views/scorecard-view.js';

interface EvaluateOptions {
  full?: boolean;
  places?: string;
  adapter?: string;
}

export function defineEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('score an adapter again: base model against adapter')
    .argument('[project]', 'name, id or path (default: that of this folder, else the active one)')
    .option(
      '--full',
      'all held-out files, also with retrieval and with written lines, and completions at 300 places: takes many minutes',
    )
    .option(
      '--places <number>',
      'complete at so many places that the gate has not seen: base and adapter, with related code and without',
    )
    .option('--adapter <version>', 'which adapter (default: the newest)')
    .description(
      'Score an adapter again on the files that were held out from its training, beside what its training measured of ' +
        'the base model, and print the scorecard with its intervals. It takes less than a minute: where all files take ' +
        'longer, some are drawn by chance, and the scorecard on disk stays as it is. With --full or --places it takes ' +
        'longer, says how long, and goes on where it was when it is stopped with Ctrl-C and called again. It does not ' +
        'change which model answers: that is gardener promote.',
    )
    .addHelpText(
      'after',
      `
Lower held-out loss means that the model expects this codebase's code better. An adapter is promoted only when the whole
interval of its improvement lies above the margin (setting gateMargin), answers still end by themselves, and nothing is
learned by heart. What people use it for is tried as well: code completed at places of held-out files, and questions
whose answer is known; where the adapter is worse at one of them, the base goes on doing it. The last scorecard is also
in gardener status.

Examples:
  $ gardener evaluate
  $ gardener evaluate shop --places 60
  $ gardener evaluate shop --full
  $ gardener evaluate shop --json | jq .scorecard.adapter.noRetrieval.heldOutLoss`,
    )
    .action(withSession(evaluate));
}

/** More would take days. */
const MOST_PLACES = 10_000;
const MORE =
  ' Then as much again with retrieval, and completions at up to 300 places, whose time is told after the first ones.';
const STOPPABLE = 'Ctrl-C keeps what is measured, and the same command goes on.';

async function evaluate(session: Session, options: EvaluateOptions, named?: string): Promise<void> {
  const { garden, output } = session;
  const project = await chooseProject(session, named);
  await fetchProjectModels(session, project.baseModel);
  const { evaluateProject } = await import('../../projects/evaluation/evaluate-project.js');
  const progress = output.progress();
  const { quiet } = output.notePalette;
  let parts = '';
  const { scorecard, isWhole, isKept } = await evaluateProject(garden, project, {
    full: options.full === true,
    ...(options.places === undefined
      ? {}
      : { places: parseWholeNumber(options.places, '--places', 1, MOST_PLACES) }),
    ...(options.adapter === undefined
      ? {}
      : { version: parseWholeNumber(options.adapter, '--adapter', 1, 1e9) }),
    signal: session.signal,
    onPlan: ({ files, ofFiles, expectedMs }) => {
      parts =
        files.length === ofFiles
          ? `all ${ofFiles} held-out files`
          : `${files.length} of ${ofFiles} held-out files`;
      const about = formatDuration(expectedMs);
      output.note(quiet(`Measuring on ${parts}, about ${about}.${options.full ? MORE : ''}`));
    },
    onPlaces: ({ places, known, leftMs }) => {
      const before = known === 0 ? '' : `, ${known} of which are measured already`;
      const about = `about ${formatDuration(leftMs)} more`;
      progress.log(quiet(`Completing at ${places} places in four ways${before}: ${about}. ${STOPPABLE}`));
    },
    onProgress: (label, done, total, leftMs = null) => {
      const left = leftMs === null ? '' : ` · ${formatDuration(leftMs)} left`;
      const detail = total === null ? '' : `${done} of ${total}${left}`;
      progress.update({ label: oneLine(label), done, total, detail });
    },
  }).finally(() => progress.finish());
  output.line(`${output.palette.strong(oneLine(project.name))}, adapter ${scorecard.adapterVersion}`);
  output.lines(renderScorecard(scorecard, output.palette));
  if (!isWhole) {
    output.line(
      output.palette.quiet(
        `Measured on ${parts}, so the intervals are wide${isKept ? '' : ' and the scorecard on disk stays'}. All of it: gardener evaluate ${oneLine(project.name)} --full`,
      ),
    );
  }
  await printStatus(session, project, { onlyJson: true });
}
