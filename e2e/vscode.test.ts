import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFailed } from 'vitest';
import { desktopHost } from '../packages/vscode/src/host/desktop-host.js';
import { gardenerBinary, repository, TestGarden } from './run-gardener.js';
import { fetchVsCodeWeb, unpackExtension, VsCodeServer } from './vscode-web.js';
import { chromiumFile, TestBrowser, TestServer } from './web-browser.js';

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
const garden = new TestGarden();
const server = new TestServer(garden);
let editor: VsCodeServer;
let browser: TestBrowser;
let page: Page;

/** Real code, small enough to be indexed in seconds. */
function codebase(): string {
  const path = join(garden.directory, 'trainer');
  cpSync(join(repository, 'packages', 'lora', 'src', 'adapter'), join(path, 'adapter'), {
    recursive: true,
    filter: (source) => !source.endsWith('.test.ts'),
  });
  return path;
}

beforeAll(async () => {
  if (missing !== null) return;
  await garden.installModels(inject('baseModelFile'), inject('embeddingModelDirectory'));
  const workspace = codebase();
  await garden.json(['add', workspace, '--no-train', '--wait']);
  await server.start();
  editor = new VsCodeServer({
    ...{ vscode, workspace, extension: unpackExtension(garden.directory) },
    settings: {
      'workbench.startupEditor': 'none',
      'security.workspace.trust.enabled': false,
      'editor.wordBasedSuggestions': 'off',
      'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
      'gardener.server.url': server.url,
    },
  });
  await editor.start();
  browser = await TestBrowser.open();
  ({ page } = browser);
});
afterAll(async () => {
  await browser?.close();
  await editor?.stop();
  await server.stop();
  garden.remove();
});

let hasFailed = false;
beforeEach(({ skip }) => {
  // Every step needs those before it: what follows a failed one would only wait in vain.
  if (hasFailed) skip();
  onTestFailed(async () => {
    hasFailed = true;
    process.stderr.write(`The browser was at ${await browser.describe()}\n`);
  });
});

const status = (text: string | RegExp): Locator => page.locator('.statusbar-item', { hasText: text });
const ghost = (): Locator =>
  page.locator('.ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text');
const shown = (locator: Locator, timeout = 60_000): Promise<void> => locator.first().waitFor({ timeout });
const code = (): Locator => page.locator('.editor-instance .view-lines').first();

/** The text of the editor that is shown, with plain spaces. */
async function text(): Promise<string> {
  return (await code().innerText()).replaceAll('\u00a0', ' ');
}

async function command(title: string): Promise<void> {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input.input').fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
}

async function openFile(path: string): Promise<void> {
  await page.keyboard.press('Control+p');
  await page.locator('.quick-input-widget input.input').fill(path);
  await shown(
    page.locator('.quick-input-list .monaco-list-row', { hasText: path.split('/').at(-1) ?? path }),
  );
  await page.keyboard.press('Enter');
  await shown(page.locator('.tab.active', { hasText: path.split('/').at(-1) ?? path }));
}

async function admit(allowedOrigins: string): Promise<void> {
  const response = await fetch(`${server.url}/api/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ allowedOrigins }),
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
    await shown(status('trainer: base model'));
    browser.expectErrors(/CORS|Failed to load resource|ERR_FAILED|extension host|sandbox|^$/);
  });

  it('suggests code of the real model, which Tab takes', async () => {
    await page.keyboard.press('Escape');
    await openFile('adapter/gguf.ts');
    await page.keyboard.press('Control+End');
    await page.keyboard.type(
      '\n/** Adds two numbers. */\nexport function add(a: number, b: number): number {\n',
      { delay: 5 },
    );
    await shown(ghost(), PATIENCE_MS);
    const suggested = (await ghost().allInnerTexts()).join('').replaceAll('\u00a0', ' ').trim();
    expect(suggested).not.toBe('');
    const before = await text();
    await picture('vscode-suggestion');
    await page.keyboard.press('Tab');
    await expect.poll(text).not.toBe(before);
    await expect
      .poll(async () => (await text()).replace(/\s+/g, ''))
      .toContain(suggested.split('\n')[0]?.replace(/\s+/g, ''));
  });
});
void readFileSync;
void gardenerBinary;
void desktopHost;
export type Unused = FrameLocator;
