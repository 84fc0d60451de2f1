import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { desktopHost } from '../packages/vscode/src/host/desktop-host.js';
import { gardenerBinary, repository, TestGarden } from './run-gardener.js';
import { fetchVsCodeWeb, unpackExtension, VsCodeServer } from './vscode-web.js';
import { chromiumFile, skipAfterFailure, TestBrowser, TestServer } from './web-browser.js';

// The extension as a user meets it: VS Code for the Web in a real browser, the extension as it ships, the real server,
// the real default models. The steps build on each other.

/** Why nothing can be tried here; null when all is there. */
let missing = chromiumFile === null ? 'there is no Chromium here (apt-get install chromium)' : null;
let vscode = '';
if (missing === null) {
  try {
    vscode = fetchVsCodeWeb();
  } catch (error) {
    missing = `VS Code for the Web could not be fetched: ${String(error).split('\n')[0]}`;
  }
}
if (missing !== null) process.stderr.write(`skipped: the extension for VS Code, since ${missing}\n`);

/** For what a model does, on a machine that does other things as well. */
const PATIENCE_MS = 300_000;
/** For what the editor does, which a test would otherwise wait for a second. */
const SOON = { timeout: 60_000 };
const garden = new TestGarden();
const server = new TestServer(garden);
let editor: VsCodeServer;
let browser: TestBrowser;
let page: Page;

/** What the smallest model continues without a doubt. */
const NUMBERS = `/** The difference of two numbers. */
export function subtract(a: number, b: number): number {
  return a - b;
}

/** The quotient of two numbers. */
export function divide(a: number, b: number): number {
  return a / b;
}
`;

/** Real code: small enough to be indexed in seconds, large enough to be trained on. */
function codebase(): string {
  const path = garden.codebase(['adapter', 'weights']);
  writeFileSync(join(path, 'adapter', 'numbers.ts'), NUMBERS);
  return path;
}

beforeAll(async () => {
  if (missing !== null) return;
  await garden.installModels(inject('baseModelFile'), inject('embeddingModelDirectory'));
  const workspace = codebase();
  // The small model is rarely sure of anything; tried here is how what it writes is shown.
  process.env.CODEBASE_GARDENER_SUGGESTION_CONFIDENCE = '0';
  // A quarter of the code in a prompt is read in a quarter of the time.
  process.env.CODEBASE_GARDENER_CONTEXT_TOKENS = '1024';
  await server.start();
  editor = new VsCodeServer({
    ...{ vscode, workspace, extension: unpackExtension(garden.directory) },
    settings: {
      'workbench.startupEditor': 'none',
      'security.workspace.trust.enabled': false,
      'editor.minimap.enabled': false,
      'editor.stickyScroll.enabled': false,
      'editor.wordBasedSuggestions': 'off',
      'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
      'gardener.server.url': server.url,
    },
  });
  await editor.start();
  // A busy machine makes the editor colour lines slowly; its webviews are frames that it trusts.
  browser = await TestBrowser.open(/^Time limit reached when tokenizing|^An iframe which has both/);
  ({ page } = browser);
});
afterAll(async () => {
  await browser?.close();
  await editor?.stop();
  await server.stop();
  garden.remove();
});

skipAfterFailure(() => browser);

const status = (text: string | RegExp): Locator => page.locator('.statusbar-item', { hasText: text });
/** The classes of the item's icon. */
const icon = (text: string): Promise<string | null> =>
  status(text).locator('.codicon').first().getAttribute('class');
const ghost = (): Locator =>
  page.locator('.ghost-text-decoration:visible, .ghost-text-decoration-preview:visible, .ghost-text:visible');
const shown = (locator: Locator, timeout = 60_000): Promise<void> => locator.first().waitFor({ timeout });
const code = (): Locator => page.locator('.editor-instance .view-lines').first();

/** The lines of the editor that are in sight, from top to bottom, without spaces and without what is suggested. */
async function text(): Promise<string> {
  const lines = await page.evaluate<string[]>(`
    [...document.querySelector('.editor-instance .view-lines').querySelectorAll('.view-line')]
      .sort((one, other) => parseInt(one.style.top) - parseInt(other.style.top))
      .map((line) => [...line.querySelectorAll('span > span')]
        .filter(({ className }) => !className.includes('ghost-text'))
        .map(({ textContent }) => textContent)
        .join(''))`);
  return lines.join('\n').replaceAll(/[\s\u00a0]+/g, '');
}

/** By the list of commands, which closes where a file that is still being opened takes the focus: then once more. */
async function command(title: string): Promise<void> {
  const once = { timeout: 10_000 };
  await vi.waitFor(async () => {
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget input.input').fill(`>${title}`, once);
    await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click(once);
  }, SOON);
}

/** By the tree of files: a file system in the page's memory is not searched. */
async function openFile(path: string): Promise<void> {
  const [folder = '', name = ''] = path.split('/');
  await command('File: Focus on Files Explorer');
  const item = page.locator('.explorer-folders-view').getByRole('treeitem', { name: folder, exact: true });
  if ((await item.getAttribute('aria-expanded')) === 'false') await item.click();
  await page.locator('.explorer-folders-view').getByRole('treeitem', { name, exact: true }).dblclick();
  await shown(page.locator('.tab.active', { hasText: name }));
  await code().click();
  await shown(page.locator('.editor-instance .monaco-editor.focused'));
}

async function admit(allowedOrigins: string): Promise<void> {
  const response = await fetch(`${server.url}/api/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    // The small model is shown whatever it writes, however sure of it.
    body: JSON.stringify({ allowedOrigins, suggestionConfidence: 0 }),
  });
  expect(response.status).toBe(200);
}

async function picture(name: string): Promise<void> {
  if (process.env.UPDATE_SCREENSHOTS !== '1') return;
  const images = join(repository, 'docs', 'images');
  mkdirSync(images, { recursive: true });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(images, `${name}.png`) });
}

describe.skipIf(missing !== null)('the extension for VS Code', () => {
  it('says that the server is away while it does not admit the page, and connects by itself when it does', async () => {
    await page.setViewportSize({ width: 1200, height: 750 });
    await page.goto(editor.origin);
    await shown(status('Gardener: server away'), PATIENCE_MS);
    await shown(
      page.locator('.notification-toast', { hasText: `gardener serve --allow-origin ${editor.origin}` }),
    );
    await admit(editor.origin);
    await shown(status('Gardener: add this workspace'));
    browser.expectErrors(/CORS|Failed to load resource|ERR_FAILED|extension host|sandbox|^$/);
  });

  it('adds the workspace from the menu, and tells when it is indexed', async () => {
    await status('Gardener: add this workspace').click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Add this workspace' }).click();
    await shown(page.locator('.quick-input-title', { hasText: 'Add trainer to Gardener' }));
    await page.keyboard.type(join(garden.directory, 'trainer'));
    await page.keyboard.press('Enter');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Index only' }).click();
    await shown(status('trainer: base model'), PATIENCE_MS);
    browser.expectErrors();
  });

  it('suggests code of the real model, which Tab takes', async () => {
    await page.keyboard.press('Escape');
    await openFile('adapter/numbers.ts');
    await page.keyboard.press('Control+End');
    await page.keyboard.type(
      '\n// The sum of two numbers.\nexport function add(a: number, b: number): number {\nreturn',
      { delay: 5 },
    );
    await shown(ghost(), PATIENCE_MS);
    const suggested = (await ghost().allInnerTexts()).join('').replaceAll(/[\s\u00a0]+/g, '');
    expect(suggested).not.toBe('');
    for (let i = 0; i < 6; i++) await page.keyboard.press('Control+ArrowDown');
    const before = await text();
    await picture('vscode-suggestion');
    await page.keyboard.press('Tab');
    await expect.poll(text, SOON).not.toBe(before);
    await expect.poll(text, SOON).toContain(suggested.slice(0, 20));
    expect(before).not.toContain(suggested.slice(0, 20));
  });

  it('takes a suggestion word by word, and keeps the rest of it without asking again', async () => {
    await page.keyboard.press('Control+End');
    await page.keyboard.type(
      '\n// The product of two numbers.\nexport function multiply(a: number, b: number): number {\nreturn',
      {
        delay: 5,
      },
    );
    await shown(ghost(), PATIENCE_MS);
    const requests: string[] = [];
    const count = (request: Request) => {
      if (/complete|infill/.test(request.url())) requests.push(request.url());
    };
    page.on('request', count);
    const before = await text();
    // The first word may be a space.
    const takesWord = async () => {
      await page.keyboard.press('Control+ArrowRight');
      await shown(ghost());
      return text();
    };
    await expect.poll(takesWord, SOON).not.toBe(before);
    page.off('request', count);
    expect(requests).toEqual([]);
    await page.keyboard.press('Escape');
    await ghost().first().waitFor({ state: 'detached' });
    browser.expectErrors();
  });

  it('suggests nothing while suggestions are off, and says so', async () => {
    await command('Gardener: Turn Suggestions On or Off');
    await expect.poll(() => icon('trainer: base model'), SOON).toContain('codicon-circle-slash');
    await command('Gardener: Turn Suggestions On or Off');
    await expect.poll(() => icon('trainer: base model'), SOON).toContain('codicon-sparkle');
  });

  it('finds code by what it does, shows it, and opens it', async () => {
    await command('Gardener: Search the Codebase');
    await shown(page.locator('.quick-input-title', { hasText: 'Search trainer' }));
    await page.keyboard.type('write the adapter as a GGUF file');
    const rows = page.locator('.quick-input-list .monaco-list-row');
    await expect.poll(() => rows.count(), { timeout: PATIENCE_MS }).toBeGreaterThan(3);
    await page.keyboard.press('ArrowDown');
    const chosen = (await page.locator('.quick-input-list .monaco-list-row.focused').innerText()).trim();
    const path = /(?:adapter|weights)\/[\w./-]+\.ts/.exec(chosen)?.[0] ?? chosen;
    // What is selected stands behind the list already.
    await shown(page.locator('.tab.active', { hasText: path.split('/').at(-1) ?? path }));
    await page.keyboard.press('Enter');
    await rows.first().waitFor({ state: 'hidden' });
    await shown(page.locator('.tab.active', { hasText: path.split('/').at(-1) ?? path }));
    browser.expectErrors();
  });

  it('answers a question about what is selected, with sources that open', async () => {
    await openFile('adapter/row-order.ts');
    await code().click();
    await page.keyboard.press('Control+Home');
    for (let i = 0; i < 6; i++) await page.keyboard.press('Shift+ArrowDown');
    await command('Gardener: Ask About the Codebase or the Selection');
    const panel = page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
    await shown(panel.getByText('adapter/row-order.ts:1-6'));
    await panel.getByLabel('Your question').fill('What is this file for?');
    await panel.getByRole('button', { name: 'Ask', exact: true }).click();
    await shown(panel.getByRole('heading', { name: 'Sources' }), PATIENCE_MS);
    await shown(panel.getByText('The base model answered.'));
    expect((await panel.locator('.answer').innerText()).length).toBeGreaterThan(40);
    await picture('vscode-ask');
    const source = panel.locator('.sources button').first();
    const path = (await source.innerText()).split(':')[0] ?? '';
    await source.click();
    await shown(page.locator('.tab.active', { hasText: path.split('/').at(-1) ?? path }));
    await command('View: Close All Editors');
  });

  it('shows a training and pauses it', async () => {
    await command('Gardener: Train an Adapter');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: '5 minutes' }).click();
    await shown(status(/trainer: (waiting to start|indexing|training)/), PATIENCE_MS);
    await shown(status(/trainer: training \d+ %/), PATIENCE_MS);
    await status('trainer: training').click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Pause the run' }).click();
    await shown(status('trainer: paused'), PATIENCE_MS);
  });

  it('says that the server went away, comes back by itself, and suggests again', async () => {
    await server.stop();
    await shown(status('Gardener: server away'));
    await server.start();
    await shown(status('trainer: paused'), PATIENCE_MS);
    await shown(status('Gardener is connected again'));
    await openFile('adapter/numbers.ts');
    await page.keyboard.press('Control+End');
    await page.keyboard.type(
      '\n// The smaller of two numbers.\nexport function smaller(a: number, b: number): number {\nreturn',
      { delay: 5 },
    );
    await shown(ghost(), PATIENCE_MS);
  });

  it('asks for the token of a server that wants one, and takes it', async () => {
    const { url } = server;
    await server.stop();
    const closed = new TestServer(garden, ['--token', '--allow-origin', editor.origin]);
    closed.url = url;
    await closed.start();
    try {
      await shown(status('Gardener: token needed'), PATIENCE_MS);
      await command('Gardener: Enter the Server');
      // Until the box is there the editor takes what is typed.
      await shown(page.locator('.quick-input-title', { hasText: 'Token of' }));
      await page.keyboard.type(readFileSync(join(garden.dataDir, 'server_token'), 'utf8').trim());
      await page.keyboard.press('Enter');
      await shown(status('trainer: paused'), PATIENCE_MS);
    } finally {
      await closed.stop();
    }
  });
});

/** The desktop's part needs no browser: whatever VS Code is made of there, a server is started by the same code. */
describe('the desktop', () => {
  it('starts the server, and finds it', { timeout: PATIENCE_MS }, async () => {
    const directory = join(garden.directory, 'desktop');
    const lines: string[] = [];
    await desktopHost.startServer?.({
      ...{ command: gardenerBinary, dataDirectory: directory, onOutput: (line: string) => lines.push(line) },
    });
    const { pid } = JSON.parse(readFileSync(join(directory, 'server.json'), 'utf8'));
    try {
      const found = await desktopHost.runningServer(directory);
      expect(lines.join('\n')).toContain(`Serving at ${found?.url}`);
      expect((await fetch(`${found?.url}/health`)).status).toBe(200);
    } finally {
      process.kill(pid, 'SIGTERM');
      await expect.poll(() => desktopHost.runningServer(directory), { timeout: 60_000 }).toBeNull();
    }
  });
});
