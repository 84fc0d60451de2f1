import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Markdown, placeNamed } from './markdown.js';

const html = (text: string): string => renderToStaticMarkup(<Markdown text={text} />);

describe('Markdown', () => {
  it('shows HTML as the text it is', () => {
    const shown = html('<img src=x onerror=alert(1)> and <b>bold</b>\n\n<script>alert(1)</script>\n\n`<i>`');
    expect(shown).not.toMatch(/<(img|b|script|i)\b/);
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(shown).toContain('<code>&lt;i&gt;</code>');
  });

  it('makes links only to the web, and fetches no picture', () => {
    const shown = html(
      '[a](javascript:alert(1)) [b](https://example.org) ![c](https://example.org/c.png) [d](/etc)',
    );
    expect(shown.match(/<a /g)).toHaveLength(1);
    expect(shown).toContain('href="https://example.org"');
    expect(shown).not.toContain('<img');
    expect(shown).not.toContain('javascript:');
  });

  it('renders what a model writes: lists, tables, fences that are not closed yet', () => {
    const shown = html('1. one\n2. **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nconst x = 1;');
    expect(shown).toMatch(/<ol start="1"><li>one<\/li><li><strong>two<\/strong><\/li><\/ol>/);
    expect(shown).toContain('<td>2</td>');
    expect(shown).toContain('const x = 1;');
  });
});

describe('placeNamed', () => {
  const places = [{ path: 'src/a.ts', startLine: 3, endLine: 9 }];
  it.each([
    ['src/a.ts', { startLine: 3, endLine: 9 }],
    ['src/a.ts:5', { startLine: 5, endLine: 5 }],
    ['src/a.ts:5-7', { startLine: 5, endLine: 7 }],
    ['src/a.ts:7-5', { startLine: 7, endLine: 7 }],
  ])('%s', (text, lines) => expect(placeNamed(text, places)).toEqual({ path: 'src/a.ts', ...lines }));
  it('knows no place that the answer does not rest on', () => {
    expect(placeNamed('src/b.ts:1-2', places)).toBeNull();
    expect(placeNamed('const a = 1', places)).toBeNull();
  });
});
