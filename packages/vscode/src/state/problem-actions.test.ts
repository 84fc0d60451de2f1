import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { menuItems } from './menu-items.js';
import { type Abilities, actionsFor, problemSentence } from './problem-actions.js';
import { projectView } from './project-view.fixture.js';
import type { Situation } from './status-words.js';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const offered: string[] = manifest.contributes.commands.map(({ command }: { command: string }) => command);
const desktop = { canStart: true, origin: null };
const browser = { canStart: false, origin: 'https://vscode.dev' };
const commandsFor = (code: string, abilities: Abilities = desktop, details = {}) =>
  actionsFor({ code, details }, abilities).map(({ command }) => command);

it('offers to start the server only where that is possible', () => {
  expect(commandsFor('vscode.server-away')[0]).toBe('gardener.startServer');
  expect(commandsFor('vscode.server-away', { canStart: false, origin: null })).toEqual([
    'gardener.connect',
    'workbench.action.openSettings',
  ]);
  expect(commandsFor('vscode.server-away', browser)[0]).toBe('gardener.copyServeCommand');
});

it('says in a browser that the server has to admit its page: that looks like no server', () => {
  const away = { code: 'vscode.server-away', message: 'It does not answer.', remedy: 'Start it.' };
  expect(problemSentence(away, desktop)).toBe('It does not answer. Start it.');
  expect(problemSentence(away, browser)).toContain('gardener serve --allow-origin https://vscode.dev');
});

it('makes a button of the remedies that are actions', () => {
  expect(commandsFor('server.token-required')).toEqual(['gardener.enterToken']);
  expect(commandsFor('retrieval.no-index')).toEqual(['gardener.refresh']);
  expect(commandsFor('garden.unknown-project')).toEqual(['gardener.chooseProject']);
  expect(commandsFor('training.model-missing', desktop, { id: 'smollm2-135m-instruct' })).toEqual([
    'gardener.fetchModel',
  ]);
  expect(commandsFor('training.model-missing')).toEqual([]);
  expect(commandsFor('models.prompt-too-long')).toEqual([]);
});

const situation = (change: Partial<Situation>): Situation => ({
  ...{ connection: 'live', problem: null, project: projectView() },
  ...{ hasFolder: true, suggests: true, isWaiting: false },
  ...change,
});
const menu = (change: Partial<Situation>) =>
  menuItems(situation(change), desktop).map(({ command }) => command);
const run = { kind: 'train', finished: false } as never;

it('has a menu of what can be done now', () => {
  const away = { code: 'vscode.server-away', message: '', details: {} };
  expect(menu({ connection: 'away', problem: away })[0]).toBe('gardener.startServer');
  expect(menu({ project: null }).slice(0, 2)).toEqual(['gardener.addWorkspace', 'gardener.chooseProject']);
  expect(menu({})).toEqual(
    expect.arrayContaining(['gardener.train', 'gardener.refresh', 'gardener.toggleAdapter']),
  );
  const training = menu({ project: projectView({ run, glance: 'training' }) });
  expect(training).toContain('gardener.pause');
  expect(training).not.toContain('gardener.train');
  expect(menu({ project: projectView({ run, glance: 'paused' }) })).toContain('gardener.resume');
});

it('names no command that the extension does not have', () => {
  const all = [
    ...menu({}),
    ...menu({ project: null }),
    ...menu({ connection: 'away' }),
    ...['vscode.no-program', 'vscode.server-ended', 'garden.run-active'].flatMap((code) => commandsFor(code)),
  ];
  const own = all.filter((command) => command.startsWith('gardener.'));
  expect(own.filter((command) => !offered.includes(command))).toEqual([]);
});
