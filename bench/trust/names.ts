import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneLine } from '../../packages/gardener/src/cli/terminal/plain-text.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { type Case, type Part, pick } from './ledger.js';

/** What stands outside the codebase and must not come in by a link. */
const OUTSIDE = 'the-secret-outside-of-it';
/** Files of one codebase. */
const TOGETHER = 50;
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/**
 * Codebases of files with hostile names and contents: every file is accounted for once, nothing from outside comes in,
 * and what a terminal would be shown of it holds no control characters.
 */
export const hostileNames: Part = async (cases, note) => {
  for (let start = 0; start < cases.length; start += TOGETHER) {
    const some = cases.slice(start, start + TOGETHER);
    const root = mkdtempSync(join(tmpdir(), 'trust-names-'));
    const code = join(root, 'code');
    mkdirSync(code);
    writeFileSync(join(root, 'outside.ts'), `export const outside = '${OUTSIDE}';\n`);
    writeFileSync(join(code, 'plain.ts'), 'export const plain = 1;\n');
    const made = some.map((one) => ({ one, ...hostileFile(code, one) }));
    const seen = new Set<string>();
    const verdict = await lostBy(code, seen);
    for (const { one, what, path } of made) {
      const lost = path !== null && !seen.has(path) ? `${JSON.stringify(path)} is not accounted for` : null;
      note({ number: one.number, what, lost: verdict ?? lost });
    }
    rmSync(root, { recursive: true, force: true });
  }
};

/** @param seen what is accounted for, by path */
async function lostBy(code: string, seen: Set<string>): Promise<string | null> {
  try {
    for await (const item of chunkCodebase(code, { signal: AbortSignal.timeout(120_000) })) {
      if (seen.has(item.path)) return `${JSON.stringify(item.path)} came twice`;
      seen.add(item.path);
      if (CONTROL.test(oneLine(item.path))) return `${JSON.stringify(item.path)} would reach a terminal`;
      const chunks = 'chunks' in item ? item.chunks : [];
      if (chunks.some(({ text }) => text.includes(OUTSIDE))) return 'what stands outside came in';
    }
  } catch (error) {
    return `reading failed: ${String(error).slice(0, 200)}`;
  }
  return seen.has('plain.ts') ? null : 'a harmless file was lost';
}

/**
 * Makes one file, as far as the file system lets it.
 * @returns its path as it must be accounted for; null where it could not be made, and for a folder, which is no file
 */
function hostileFile(code: string, { number, random }: Case): { what: string; path: string | null } {
  const name = pick(random, NAMES);
  const kind = pick(random, KINDS);
  const bytes = name.bytes(`f${number}`);
  const path = Buffer.concat([Buffer.from(`${code}/`), bytes]);
  try {
    kind.make(path, code, random);
  } catch {
    return { what: `not possible here, ${name.what}`, path: null };
  }
  return { what: `${name.what}, ${kind.what}`, path: kind.isFile === false ? null : bytes.toString('utf8') };
}

interface Name {
  what: string;
  bytes(plain: string): Buffer;
}
const named = (what: string, name: (plain: string) => string): Name => ({
  what,
  bytes: (plain) => Buffer.from(name(plain)),
});
const NAMES: [Name, ...Name[]] = [
  named('line breaks', (plain) => `${plain}\n\r\n.ts`),
  named('escape sequences', (plain) => `\u001b[2J\u001b]0;${plain}\u0007.ts`),
  named('reversed by Unicode', (plain) => `${plain}\u202est.exe`),
  named('shell words', (plain) => `$(touch ${plain}) ; rm -rf \`x\` && "'.py`),
  named('like an option', (plain) => `--upload-pack=${plain}.js`),
  named('of 255 bytes', (plain) => `${plain}${'x'.repeat(252 - plain.length)}.ts`),
  named('of spaces and dots', (plain) => ` . ${plain} ..ts `),
  named('of other writings', (plain) => `${plain}日本語́́́😀ﷺ.rs`),
  named('of markup', (plain) => `<img src=x onerror=alert(${plain})>.html`),
  named('like a pattern', (plain) => `[${plain}]*?{a,b}!#.go`),
  {
    what: 'no UTF-8',
    bytes: (plain) =>
      Buffer.concat([Buffer.from(plain), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('.ts')]),
  },
];

interface Kind {
  what: string;
  /** Defaults to true. */
  isFile?: boolean;
  make(path: Buffer, code: string, random: () => number): void;
}
const written = (what: string, content: (random: () => number) => string | Buffer): Kind => ({
  what,
  make: (path, _, random) => writeFileSync(path, content(random)),
});
const KINDS: [Kind, ...Kind[]] = [
  written('code', () => 'export function f() {\n  return 1;\n}\n'),
  written('random bytes', (random) =>
    Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(random() * 256))),
  ),
  written('a line without end', () => `const x = "${'a'.repeat(500_000)}";\n`),
  written('deep brackets', () => `${'['.repeat(20_000)}${']'.repeat(20_000)}\n`),
  written('unclosed brackets', () => 'function f(){if(('.repeat(5_000)),
  written('null bytes', () => `const a = 1;\n${'\0'.repeat(1_000)}`),
  written('lone surrogates', () => Buffer.from('\ud800\udfff const a = "\udc00";\n'.repeat(50), 'utf16le')),
  written('many lines', () => 'v = 1\n'.repeat(50_000)),
  written(
    'a regular expression to trip over',
    () => `x = "${'a'.repeat(30_000)}!"\npassword = ${'a-'.repeat(20_000)}\n`,
  ),
  { what: 'a link to the outside', make: (path) => symlinkSync('../outside.ts', path) },
  { what: 'a link to itself', make: (path) => symlinkSync(path, path) },
  { what: 'a link to a device', make: (path) => symlinkSync('/dev/zero', path) },
  { what: 'a folder', isFile: false, make: (path) => mkdirSync(path) },
  {
    what: 'a pipe',
    make: (path, code) => {
      // Names of other bytes than UTF-8 are no words of a command.
      execFileSync('mkfifo', [join(code, 'pipe')], { stdio: 'ignore' });
      renameSync(join(code, 'pipe'), path);
    },
  },
];
