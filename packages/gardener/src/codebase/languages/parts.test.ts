import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSource } from '../parse/parse-source.fixture.js';
import { readSource } from '../walk/read-source.js';
import { makeTree } from '../walk/tree.fixture.js';
import { componentParts, onlyPart } from './component-parts.js';
import { languageOfPath } from './languages.js';
import { notebookScript } from './notebook.js';

const NOTEBOOK = `{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "# Totals\\n",
    "of carts"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [
    { "data": { "text/plain": ["def not_code(): pass\\n"] } }
   ],
   "source": [
    "%matplotlib inline\\n",
    "def total(prices):\\n",
    "    \\"\\"\\"Adds.\\"\\"\\"\\n",
    "    return sum(prices)\\n",
    "\\n",
    "print(\\"a\\\\tb\\")"
   ]
  }
 ],
 "metadata": { "language_info": { "codemirror_mode": { "name": "ipython" }, "name": "python" } },
 "nbformat": 4
}
`;

describe('files of several languages', () => {
  it('a component is read part by part, with the lines of the file', async () => {
    const text =
      '<template><p>{{ total }}</p></template>\n<script setup lang="ts">\nimport { ref } from \'vue\';\nconst total = ref(0);\nfunction add(price: number) { total.value += price; }\n</script>\n<style>\n.a { color: red }\n</style>\n';
    const parsed = await parseSource('vue', text);
    expect(parsed.language).toBe('vue');
    expect(parsed.symbols.map(({ startLine, kind, name }) => `${startLine} ${kind} ${name}`)).toEqual([
      '4 constant total',
      '5 function add',
      '8 section .a',
    ]);
    expect(parsed.imports).toEqual([{ name: 'ref', source: 'vue', line: 3 }]);
    expect(parsed.hasSyntaxErrors).toBe(false);
  });

  it('knows the parts of Vue, Svelte and Astro, and leaves out what it does not read', () => {
    const languages = (text: string) => componentParts(text).map(({ language }) => language);
    expect(languages('<script context="module">a</script><script>b</script>')).toEqual([
      'javascript',
      'javascript',
    ]);
    expect(languages('---\nconst a = 1;\n---\n<script>b</script>\n')).toEqual(['typescript', 'javascript']);
    expect(languages('<script lang="tsx">a</script><style lang="scss">b</style><script src="x" />')).toEqual([
      'tsx',
    ]);
    expect(languages('<script>never closed')).toEqual([]);
    const text = 'é\r\n<script>\r\nlet a;\r\n</script>';
    const [part] = componentParts(text);
    expect(onlyPart(text, part!)).toBe(' \r\n        \r\nlet a;\r\n         ');
    expect(languages('<script setup lang="ts" generic="T extends Map<string, V>">a</script>')).toEqual([
      'typescript',
    ]);
    expect(languages(`<script generic='T extends "<" | ">"' lang=ts>a</script>`)).toEqual(['typescript']);
    expect(languages('<script type="module" lang="ts">a</script>')).toEqual(['typescript']);
    expect(languages('<script data-lang="ts" lang="js">a</script><script-like>b</script>')).toEqual([
      'javascript',
    ]);
    // In lower case this letter is two characters.
    const turkish = `<p>${'\u0130'.repeat(20)}</p><SCRIPT>let a;</SCRIPT>`;
    expect(componentParts(turkish).map(({ start, end }) => turkish.slice(start, end))).toEqual(['let a;']);
    const odd = ['<script "', "<script '<script ", '<script a="<script"'];
    for (const piece of ['<script>', '<script', '---\n', '<style lang=', ...odd]) {
      expect(componentParts(piece.repeat(2 ** 18 / piece.length)).length).toBeLessThan(2);
    }
  });

  it('a notebook is the script in it, line for line', async () => {
    const script = notebookScript(NOTEBOOK)!.split('\n');
    expect(script).toHaveLength(NOTEBOOK.split('\n').length);
    expect(script.slice(6, 8)).toEqual(['# # Totals', '# of carts']);
    expect(script.slice(18, 24)).toEqual([
      '# %matplotlib inline',
      'def total(prices):',
      '    """Adds."""',
      '    return sum(prices)',
      '',
      'print("a\\tb")',
    ]);
    const { symbols, hasSyntaxErrors } = await parseSource('python', script.join('\n'));
    expect(hasSyntaxErrors).toBe(false);
    expect(
      symbols.map(({ name, startLine, endLine, docstring }) => [name, startLine, endLine, docstring]),
    ).toEqual([['total', 20, 22, 'Adds.']]);
    expect(notebookScript(NOTEBOOK.replace('"name": "python"', '"name": "R"'))).toBe(null);
    expect(notebookScript(JSON.stringify(JSON.parse(NOTEBOOK)))).toBe(null);
  });

  it('is read so from disk', async () => {
    const root = makeTree();
    writeFileSync(join(root, 'a.ipynb'), NOTEBOOK);
    expect(languageOfPath('a.ipynb')?.id).toBe('python');
    const read = await readSource(join(root, 'a.ipynb'), 10_000);
    expect(read.ok && read.text).toBe(notebookScript(NOTEBOOK));
  });
});
