import { expect, it } from 'vitest';
import { type ProjectFacts, projectOverview } from './project-overview.js';

const overview = (facts: Partial<ProjectFacts>) =>
  projectOverview({ files: [], central: [], readme: null, ...facts });
const files = (...paths: string[]) => paths.map((path) => ({ path, language: 'Rust' }));
const about = (readme: string) => overview({ readme })[0];

it('says nothing of a project without files', () => {
  expect(overview({})).toEqual([]);
});

it('takes the first paragraph of prose of a README, without badges, headings, code and markup', () => {
  const readme = `<!-- a note -->
# Parser

[![build](https://x/b.svg)](https://x) ![logo](l.png)

\`\`\`sh
npm install parser and a good deal more than forty characters
\`\`\`

Fast!

A **parser** for [TOML](https://toml.io) that keeps
comments and \`key_order\`, in _C#_. It has no dependencies.

Later paragraphs are about other things, at length.`;
  expect(about(readme)).toBe(
    'README: A parser for TOML that keeps comments and key_order, in C#. It has no dependencies.',
  );
});

it('cuts a long paragraph at a sentence, or else at 320 characters', () => {
  expect(about(`${'A sentence of words. '.repeat(30)}`)).toMatch(/^README: (?:A sentence of words\. ?){15}$/);
  expect(about('word '.repeat(200))).toHaveLength('README: '.length + 320);
});

it('looks at the beginning of a long README only', () => {
  const prose = 'A paragraph of prose that would do for an overview.';
  expect(about(`${'# x\n\n'.repeat(2_000)}${prose}`)).toContain(prose);
  expect(overview({ readme: `${'# x\n\n'.repeat(5_000)}${prose}` })).toEqual([]);
});

it('counts languages, the most frequent first', () => {
  const mixed = [...files('a.rs', 'b.rs', 'c.rs'), { path: 'd.md', language: 'Markdown' }];
  expect(overview({ files: [...mixed, { path: 'LICENSE', language: null }] })[0]).toBe(
    'Files: 5 (Rust 75 %, Markdown 25 %)',
  );
});

it('tells a folder that holds nearly everything by its subfolders', () => {
  const inside = ['a', 'b', 'c', 'd'].flatMap((name) => [
    `packages/one/${name}.rs`,
    `packages/two/${name}.rs`,
  ]);
  expect(overview({ files: files(...inside, 'docs/x.md', 'main.rs') })[1]).toBe(
    'Folders: packages/one (4), packages/two (4), docs (1)',
  );
  expect(overview({ files: files('src/a.rs', 'src/b.rs') })[1]).toBe('Folders: src (2)');
});

it('names the central files with a few of their symbols', () => {
  const central = [
    { path: 'lexer.rs', symbols: ['Token', 'Lexer', 'scan', 'peek'] },
    { path: 'main.rs', symbols: [] },
  ];
  expect(overview({ central })).toEqual(['Central files: lexer.rs (Token, Lexer, scan); main.rs']);
});
