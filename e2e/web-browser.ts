import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeEach, expect, onTestFailed } from 'vitest';
import { gardenerBinary, repository, type TestGarden } from './run-gardener.js';

/** The system's Chromium, or null: `.ci/run` installs it where it can. */
export const chromiumFile =
  [
    process.env.GARDENER_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((file) => file !== undefined && existsSync(file)) ?? null;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Colours have changed, and nothing moves any more; what never ends (a spinner) is not waited for. */
const SETTLED = `Promise.race([
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    .then(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)))),
  new Promise((resolve) => setTimeout(resolve, 2_000)),
])`;
const images = join(repository, 'docs', 'images');

/** `gardener serve` as a user starts it. */
export class TestServer {
  #child: ChildProcess | null = null;
  url = '';

  /** @param options of `serve`, beside its port */
  constructor(
    private readonly garden: TestGarden,
    private readonly options: readonly string[] = [],
  ) {}

  /** Starts it, on the port it had before. */
  async start(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const { CODEBASE_GARDENER_DATA_DIR: _, ...inherited } = process.env;
    const child = spawn(
      process.execPath,
      [gardenerBinary, 'serve', '--port', port, '--json', ...this.options],
      {
        env: {
          ...inherited,
          CODEBASE_GARDENER_DATA_DIR: this.garden.dataDir,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    let said = '';
    this.url = await new Promise<string>((resolve, reject) => {
      const hear = (piece: Buffer): void => {
        said += piece.toString();
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
        if (url !== undefined) resolve(url);
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('exit', (code) => reject(new Error(`gardener serve ended with ${code}: ${said}`)));
    });
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

/** A real browser with one page, which remembers what went wrong on it. */
export class TestBrowser {
  readonly #errors: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    ignored: RegExp | undefined,
  ) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !ignored?.test(message.text())) {
        this.#errors.push(`${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => this.#errors.push(String(error)));
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      const isHere = hostname === '127.0.0.1' || hostname.endsWith('.localhost');
      if (protocol.startsWith('http') && !isHere) this.#errors.push(`left the machine: ${request.url()}`);
    });
  }

  /** @param ignored what the page may write to the console without anything being wrong */
  static async open(ignored?: RegExp): Promise<TestBrowser> {
    const browser = await chromium.launch({ executablePath: chromiumFile ?? '', args: ['--no-sandbox'] });
    const page = await browser.newPage({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    page.setDefaultTimeout(30_000);
    return new TestBrowser(browser, page, ignored);
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  /** Nothing may have gone wrong since the last call but what `expected` describes; that must have. */
  expectErrors(expected?: RegExp): void {
    const errors = this.#errors.splice(0);
    expect(errors.filter((error) => !expected?.test(error))).toEqual([]);
    if (expected) expect(errors.length).toBeGreaterThan(0);
  }

  /** axe finds nothing serious on what is shown, in light and in dark, and nothing is wider than the screen. */
  async expectAccessible(what: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.evaluate(SETTLED);
      await this.page.evaluate(axe);
      const violations = await this.page.evaluate<string[]>(
        `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 200) + ' ' + node.failureSummary)))`,
      );
      expect(violations, `${what}, ${colorScheme}`).toEqual([]);
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.#expectFits(what);
  }

  async #expectFits(what: string): Promise<void> {
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: 360, height: 720 });
    const wider = `[document.documentElement, document.querySelector('main')].map((box) => box.scrollWidth - box.clientWidth)`;
    await expect
      .poll(() => this.page.evaluate<number[]>(wider), { message: `${what} at 360 px` })
      .toEqual([0, 0]);
    if (size) await this.page.setViewportSize(size);
  }

  /** What a step that failed was looking at: the address and the text of the page, and a picture of it. */
  async describe(): Promise<string> {
    const file = join(tmpdir(), 'gardener-web-failure.png');
    await this.page.screenshot({ path: file, timeout: 10_000 }).catch(() => undefined);
    const text = await this.page.locator('body').innerText({ timeout: 5_000 }).catch(String);
    return `${this.page.url()} (${file})\n${text}\nConsole: ${JSON.stringify(this.#errors)}`;
  }

  /** A picture for the README, renewed only on request. */
  async picture(name: string, colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
    if (process.env.UPDATE_SCREENSHOTS !== '1') return;
    mkdirSync(images, { recursive: true });
    await this.page.emulateMedia({ colorScheme });
    await this.page.setViewportSize({ width: 1280, height: 800 });
    await this.page.mouse.move(0, 0);
    await this.page.locator('main').evaluate((main) => main.scrollTo(0, 0));
    await this.page.locator('.toast').first().waitFor({ state: 'detached' });
    await this.page.waitForTimeout(400);
    await this.page.screenshot({ path: join(images, `${name}.png`) });
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.setViewportSize({ width: 1440, height: 900 });
  }
}

/**
 * Skips what follows a failed step of a walk through pages: every step needs those before it, and would only wait in
 * vain. Says where the browser was when it failed.
 * @param browser the one of the walk, asked for when it is needed
 */
export function skipAfterFailure(browser: () => TestBrowser): void {
  let hasFailed = false;
  beforeEach(({ skip }) => {
    if (hasFailed) skip();
    onTestFailed(async () => {
      hasFailed = true;
      process.stderr.write(`The browser was at ${await browser().describe()}\n`);
    });
  });
}
