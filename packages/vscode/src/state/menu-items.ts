import { type Abilities, type Action, actionsFor } from './problem-actions.js';
import type { Situation } from './status-words.js';

/** A line of the menu that the status bar opens. */
export interface MenuItem extends Action {
  /** VS Code's name of an icon. */
  icon: string;
}

const item = (icon: string, title: string, command: string): MenuItem => ({ icon, title, command });

/** What can be done now, the likeliest first. Pure. */
export function menuItems(situation: Situation, abilities: Abilities): MenuItem[] {
  const { connection, problem, project, hasFolder } = situation;
  const remedies = problem === null ? [] : actionsFor(problem, abilities);
  const first = remedies.map((action) => ({ ...action, icon: 'lightbulb' }));
  const last = [
    item('output', 'Show the log', 'gardener.showLog'),
    item('book', 'Getting started', 'gardener.openWalkthrough'),
  ];
  if (connection !== 'live') {
    const connect = item('plug', 'Connect again', 'gardener.connect');
    return unique([
      ...first,
      connect,
      item('key', 'Enter the server’s token', 'gardener.enterToken'),
      ...last,
    ]);
  }
  if (project === null) {
    const add = hasFolder ? [item('add', 'Add this workspace', 'gardener.addWorkspace')] : [];
    return unique([...first, ...add, item('repo', 'Choose a project', 'gardener.chooseProject'), ...last]);
  }
  return unique([
    ...first,
    item('search', 'Search the codebase', 'gardener.search'),
    item('comment-discussion', 'Ask about the codebase or the selection', 'gardener.ask'),
    ...runItems(situation),
    item('graph', 'Open the scorecard', 'gardener.openScorecard'),
    project.adapter.promoted
      ? item('circle-slash', 'Let the base model answer', 'gardener.toggleAdapter')
      : item('sparkle', 'Let the newest adapter answer', 'gardener.toggleAdapter'),
    item('lightbulb-empty', 'Turn suggestions on or off', 'gardener.toggleCompletions'),
    item('repo', 'Choose another project', 'gardener.chooseProject'),
    ...last,
  ]);
}

function runItems({ project }: Situation): MenuItem[] {
  const run = project?.run;
  if (project?.glance === 'paused') return [item('debug-continue', 'Resume the run', 'gardener.resume')];
  if (run && !run.finished) return [item('debug-pause', 'Pause the run', 'gardener.pause')];
  return [
    item('mortar-board', 'Train an adapter', 'gardener.train'),
    item('refresh', 'Refresh the index', 'gardener.refresh'),
  ];
}

/** A remedy may be in the menu already. */
function unique(items: MenuItem[]): MenuItem[] {
  return items.filter(({ command }, i) => items.findIndex((other) => other.command === command) === i);
}
