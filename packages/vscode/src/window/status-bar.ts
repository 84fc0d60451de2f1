import { commands, MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import { menuItems } from '../state/menu-items.js';
import { statusWords } from '../state/status-words.js';
import type { GardenerWindow } from './gardener-window.js';

/** The item in the status bar, and its menu. */
export function registerStatusBar(gardener: GardenerWindow): void {
  const item = window.createStatusBarItem('gardener.status', StatusBarAlignment.Right, 100);
  item.name = 'Codebase Gardener';
  item.command = 'gardener.menu';
  const show = () => {
    const { situation } = gardener;
    const { text, tooltip, tone } = statusWords(situation);
    item.text = text;
    item.tooltip = plainText(tooltip);
    item.backgroundColor = tone === 'plain' ? undefined : new ThemeColor(`statusBarItem.${tone}Background`);
    tellContext(gardener);
  };
  show();
  item.show();
  gardener.context.subscriptions.push(item, gardener.onChange(show));
}

/** Lines of the server's are text, whatever they hold. */
function plainText(lines: readonly string[]): MarkdownString {
  const text = new MarkdownString();
  for (const line of lines) text.appendText(line).appendMarkdown('\n\n');
  return text;
}

let told = '';

/** What commands, keys and the walkthrough go by. */
function tellContext(gardener: GardenerWindow): void {
  const { connection, project } = gardener.situation;
  const run = project?.run ?? null;
  const isLive = connection === 'live';
  const keys = {
    connected: isLive,
    canStart: gardener.abilities.canStart,
    hasProject: isLive && project !== null,
    isRunning: isLive && run !== null && !run.finished && project?.glance !== 'paused',
    isPaused: isLive && project?.glance === 'paused',
  };
  if (JSON.stringify(keys) === told) return;
  told = JSON.stringify(keys);
  for (const [key, value] of Object.entries(keys))
    commands.executeCommand('setContext', `gardener.${key}`, value);
}

/** What the status bar's item opens. */
export async function showMenu(gardener: GardenerWindow): Promise<void> {
  const { situation } = gardener;
  const items = menuItems(situation, gardener.abilities).map((item) => ({
    ...item,
    label: `$(${item.icon}) ${item.title}`,
  }));
  const { text } = statusWords(situation);
  const chosen = await window.showQuickPick(items, {
    title: text.replace(/\$\([^)]*\)\s*/g, '').trim(),
    placeHolder: 'What to do',
  });
  if (chosen) await commands.executeCommand(chosen.command, ...(chosen.arguments ?? []));
}
