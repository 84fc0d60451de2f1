import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../languages/language-table.js';
import { findLanguage, languageOfPath } from '../languages/languages.js';
import { prepareReader } from '../parse/read-tree.js';
import type { CodeSymbol, ParseResult } from '../parse/structure/code-structure.js';
import { chunkFile } from './chunk-file.js';

const folder = fileURLToPath(new URL('../fixtures/languages/', import.meta.url));
const samples = readdirSync(folder).filter((name) => !name.endsWith('.expected.txt'));

async function parseSample(name: string, change = (text: string) => text) {
  const language = languageOfPath(name)!;
  const text = change(readFileSync(join(folder, name), 'utf8'));
  return { language, text, parsed: (await prepareReader(language))(text) };
}

function flat(symbols: readonly CodeSymbol[]): CodeSymbol[] {
  return symbols.flatMap((symbol) => [symbol, ...flat(symbol.children)]);
}

/** All that is read from a sample, one line a fact: what the .expected.txt files hold. */
function account(name: string, text: string, parsed: ParseResult): string {
  const symbols = flat(parsed.symbols).flatMap((symbol) => [
    `${symbol.startLine}-${symbol.endLine} ${symbol.visibility} ${symbol.kind} ${symbol.qualifiedName}`,
    `    ${symbol.signature}`,
    `    complexity ${symbol.complexity}; calls ${symbol.calls.join(' ') || '-'}; imports ${symbol.imports.join(' ') || '-'}`,
    ...(symbol.docstring === null ? [] : [`    doc ${JSON.stringify(symbol.docstring)}`]),
  ]);
  const imports = parsed.imports.map((one) => `${one.line} ${one.name ?? '-'} from ${one.source}`);
  const references = parsed.references.map(
    ({ line, receiver, name: what, isCall }) =>
      `${line}:${receiver === null ? '' : `${receiver}.`}${what}${isCall ? '()' : ''}`,
  );
  const chunks = chunkFile(name, text, parsed).map(({ startLine, endLine, kind, symbol, quality }) =>
    `${startLine}-${endLine} ${kind} ${symbol ?? '-'} ${quality.reasons.join(' ')}`.trim(),
  );
  const part = (title: string, lines: string[]) => [`== ${title}`, ...lines];
  return `${[
    ...part('symbols', symbols),
    ...part('imports', imports),
    ...part('references', [references.join(' ')]),
    ...part('chunks', chunks),
  ].join('\n')}\n`;
}

describe('every language of the table', () => {
  it('has a sample with everything in it (TypeScript, JavaScript and Python: parse.test.ts)', () => {
    const sampled = new Set(samples.map((name) => languageOfPath(name)?.id));
    const others = ['typescript', 'tsx', 'javascript', 'python'];
    expect(LANGUAGES.map(({ id }) => id).filter((id) => !sampled.has(id))).toEqual(others);
  });

  it.each(samples)(
    '%s: symbols, signatures, docstrings, calls, complexity, imports, chunks',
    async (name) => {
      const { text, parsed } = await parseSample(name);
      expect(parsed.hasSyntaxErrors).toBe(false);
      await expect(account(name, text, parsed)).toMatchFileSnapshot(join(folder, `${name}.expected.txt`));
    },
  );

  // Any text is HTML.
  const withGrammar = samples.filter(
    (name) => 'grammar' in languageOfPath(name)!.reader && !name.endsWith('.html'),
  );
  it.each(withGrammar)('%s: a syntax error costs what is around it, and it is said', async (name) => {
    const names = ({ symbols }: ParseResult) => flat(symbols).map(({ qualifiedName }) => qualifiedName);
    const whole = names((await parseSample(name)).parsed);
    const { language, text, parsed } = await parseSample(name, (sample) => `${sample}\n}}} ((( <<<"\n`);
    const found = new Set(names(parsed));
    expect(parsed.hasSyntaxErrors).toBe(true);
    expect(parsed.errorSpans.length).toBeGreaterThan(0);
    const kept = whole.filter((one) => found.has(one));
    if (language.role === 'code') expect(kept.length).toBeGreaterThanOrEqual(whole.length / 2);
    const lines = text.split('\n');
    const covered = new Set(
      chunkFile(name, text, parsed).flatMap(({ startLine, endLine }) =>
        Array.from({ length: endLine - startLine + 1 }, (_, place) => startLine + place),
      ),
    );
    expect(lines.filter((line, index) => line.trim() !== '' && !covered.has(index + 1))).toEqual([]);
  });

  it.each([
    ['c', '#include <stdio.h>\nint add(int a, int b);\n', 'c'],
    ['c', 'namespace a {\nclass B;\n}\n', 'cpp'],
    ['c', '@interface View : NSObject\n@end\n', null],
    ['php', 'do_install() {\n  install -d build\n}\n', null],
    ['typescript', '<?xml version="1.0"?>\n<TS/>', null],
  ])('a %s file may be something else by its text', (id, text, actual) => {
    expect(findLanguage(id)!.languageOfText!(text)).toBe(actual);
  });

  it.each(['\n', ' ', 'namespace ', 'class a', 'using a', 'a:', '@'])(
    'tells the language of a mebibyte of %j without end',
    (piece) => {
      const text = piece.repeat(2 ** 20 / piece.length);
      for (const { languageOfText } of LANGUAGES) languageOfText?.(text);
    },
  );

  it('keeps files of data short', () => {
    const limits = LANGUAGES.filter(({ role }) => role === 'data').map(({ maxCharacters }) => maxCharacters);
    expect(limits.every((limit) => limit !== undefined && limit <= 64_000)).toBe(true);
  });
});
