import { describe, expect, it } from 'vitest';
import { findLanguage } from '../languages/languages.js';
import { parseSource } from './parse-source.fixture.js';
import type { CodeSymbol } from './structure/code-structure.js';

function flat(symbols: readonly CodeSymbol[]): CodeSymbol[] {
  return symbols.flatMap((symbol) => [symbol, ...flat(symbol.children)]);
}

/** `lines kind name` of each symbol. */
async function outline(language: string, text: string): Promise<string[]> {
  const { symbols } = await parseSource(language, text);
  return flat(symbols).map(
    ({ startLine, endLine, kind, qualifiedName }) => `${startLine}-${endLine} ${kind} ${qualifiedName}`,
  );
}

describe('what a grammar does not know loses no declaration', () => {
  it('macros of C++ between a keyword and a name, before a function, on a line of their own', async () => {
    const actor =
      '#pragma once\nclass ENGINE_API Actor : public Base\n{\n  GENERATED_BODY()\npublic:\n  void Tick(float dt);\n  int Health() const { return 1; }\n};\n';
    expect(findLanguage('c')!.languageOfText!(actor)).toBe('cpp');
    expect(await outline('cpp', actor)).toEqual([
      '2-8 class Actor',
      '6-6 method Actor.Tick',
      '7-7 method Actor.Health',
    ]);
    const options =
      'struct LIB_EXPORT Options {\n  int level = 3;\n};\nLIB_EXPORT int run(const Options* options) { return 1; }\nenum class LIB_EXPORT Mode { Fast, Safe };\n';
    expect(findLanguage('c')!.languageOfText!(options)).toBe('cpp');
    const { symbols, isRecovered } = await parseSource('cpp', options);
    expect(symbols.map(({ name, kind, startLine }) => `${startLine} ${kind} ${name}`)).toEqual([
      '1 class Options',
      '4 function run',
      '5 enum Mode',
    ]);
    expect(symbols[0]!.signature).toBe('struct LIB_EXPORT Options');
    expect(isRecovered).toBe(true);
  });

  it('several macros between a keyword and a name', async () => {
    const mutex = 'class LOCKABLE WARN_UNUSED ALIGNED(8) Mutex {\n public:\n  void Lock();\n};\n';
    expect(await outline('cpp', mutex)).toEqual(['1-4 class Mutex', '3-3 method Mutex.Lock']);
  });

  it('macros of C, and leaves what is no macro', async () => {
    const text =
      'G_BEGIN_DECLS\nPyAPI_FUNC(int) first(int a) { return a; }\nSTATIC_API int second(int b) { return b; }\nstruct POINT { int x; };\nTEST(Suite, name)\n{\n  first(1);\n}\n';
    const names = (await outline('c', text)).map((line) => line.split(' ').at(-1));
    expect(names).toEqual(expect.arrayContaining(['second', 'POINT']));
  });

  it("Kotlin's functional interfaces", async () => {
    const text =
      'class Repo {\n    fun find(id: Int) = id\n}\n\nfun interface Validator {\n    fun check(value: String): Boolean\n}\n\nclass After {\n    fun here() = 1\n}\n';
    expect(await outline('kotlin', text)).toEqual([
      '1-3 class Repo',
      '2-2 method Repo.find',
      '5-7 interface Validator',
      '6-6 method Validator.check',
      '9-11 class After',
      '10-10 method After.here',
    ]);
  });

  it("C#'s extension blocks and classes without a body", async () => {
    const text =
      'namespace Shop;\n\npublic static class Texts\n{\n    extension(string text)\n    {\n        public bool IsBlank => text.Length == 0;\n        public string Twice() { return text + "}"; }\n    }\n\n    public static int Words(this string text) { return 1; }\n}\n\npublic class NotFound(string name) : Exception($"No {name}");\n';
    expect(await outline('csharp', text)).toEqual([
      '3-12 class Texts',
      '7-7 method Texts.IsBlank',
      '8-8 method Texts.Twice',
      '11-11 method Texts.Words',
      '14-14 class NotFound',
    ]);
  });

  it('a declaration amid what no grammar reads is found by its words, and it is said', async () => {
    const text =
      'class A { int a() { return 1; } }\n%% @@ ?? %%\nstrange sealed class Lost(int x) <<< {\n  int b;\n}\nclass B { }\n';
    const { symbols, isRecovered } = await parseSource('java', text);
    expect(flat(symbols).map(({ name }) => name)).toEqual(expect.arrayContaining(['A', 'Lost', 'B']));
    const lost = flat(symbols).find(({ name }) => name === 'Lost')!;
    expect([lost.startLine, lost.endLine]).toEqual([3, 5]);
    expect(isRecovered).toBe(true);
    expect((await parseSource('java', 'class A { }\n')).isRecovered).toBe(false);
  });

  it('ends by its indentation where a language has no braces, whatever braces stand in it', async () => {
    const text =
      'a = 1\n?? %% ((\nstrange def lost(x) <<<:\n    one = {1: 2}\n    two = 3\n    return one, two\nb = {}\nc = 4\n';
    const lost = flat((await parseSource('python', text)).symbols).find(({ name }) => name === 'lost');
    expect([lost?.startLine, lost?.endLine]).toEqual([3, 6]);
  });

  it.each(['c', 'cpp', 'kotlin', 'csharp'])('takes any text, however long: %s', async (id) => {
    const { withoutUnknownForms } = await import('../languages/unknown-forms.js');
    for (const part of [
      'class ',
      'AAA ',
      'AAA(',
      'class AAA a<',
      '\n',
      'extension(',
      'extension(a){',
      'fun ',
      ' ',
      '"',
    ]) {
      const text = part.repeat(2 ** 18 / part.length);
      expect(withoutUnknownForms(text, findLanguage(id)!.unknownForms!)).toHaveLength(text.length);
    }
  });
});

describe('a symbol has its own lines, signature and documentation', () => {
  it('in a group of types of Go', async () => {
    const text =
      'package api\n\n// Group.\ntype (\n\t// A is one.\n\tA struct {\n\t\tX int\n\t}\n\n\t// B is two.\n\tB interface {\n\t\tGet() int\n\t}\n)\n\n// C alone.\ntype C struct {\n\tY int\n}\n';
    const { symbols } = await parseSource('go', text);
    expect(
      symbols.map(({ name, startLine, endLine, docstring, signature }) => [
        name,
        startLine,
        endLine,
        docstring,
        signature,
      ]),
    ).toEqual([
      ['A', 6, 8, 'A is one.', 'A struct'],
      ['B', 11, 13, 'B is two.', 'B interface'],
      ['C', 17, 19, 'C alone.', 'type C struct'],
    ]);
  });

  it('as one of several of a const', async () => {
    const text =
      'export const plusOne = (x: number) => {\n  return x + 1;\n}, plusTwo = (y: number) => {\n  return y + 2;\n};\n';
    const { symbols } = await parseSource('typescript', text);
    expect(
      symbols.map(({ name, startLine, endLine, signature, visibility }) => [
        name,
        startLine,
        endLine,
        signature,
        visibility,
      ]),
    ).toEqual([
      ['plusOne', 1, 3, 'plusOne = (x: number)', 'public'],
      ['plusTwo', 3, 5, 'plusTwo = (y: number)', 'public'],
    ]);
  });

  it('inherited from the first overload, of a function and of a method', async () => {
    const text =
      '/** Formats a price. */\nexport function format(cents: number): string;\nexport function format(cents: string): string;\nexport function format(cents: any): string {\n  return cents;\n}\nexport class Money {\n  /** Adds two. */\n  add(other: Money): Money;\n  add(other: any): Money {\n    return other;\n  }\n  sub() {}\n}\n';
    const { symbols } = await parseSource('typescript', text);
    expect(flat(symbols).map(({ qualifiedName, docstring }) => [qualifiedName, docstring])).toEqual([
      ['format', 'Formats a price.'],
      ['format', 'Formats a price.'],
      ['format', 'Formats a price.'],
      ['Money', null],
      ['Money.add', 'Adds two.'],
      ['Money.add', 'Adds two.'],
      ['Money.sub', null],
    ]);
  });

  it("as Python's aliases of types with parameters", async () => {
    const text =
      'type Plain = int | str\n\ntype Pair[T] = tuple[T, T]\n\ntype Table[K, V] = dict[K, list[V]]\n';
    expect(await outline('python', text)).toEqual(['1-1 type Plain', '3-3 type Pair', '5-5 type Table']);
  });
});

describe('rules by line know the dialects', () => {
  it('of SQL', async () => {
    const text =
      'CREATE PROC dbo.GetUser @id INT\nAS\nSELECT 1\nGO\nCREATE OR ALTER PROCEDURE [dbo].[SaveUser] @id INT\nAS\nUPDATE Users SET x = 1\nGO\nCREATE TABLE "public"."orders" (id INT);\n/*\ncreate table not_one (id INT);\n*/\nCREATE UNIQUE CLUSTERED INDEX ix ON a (b);\ncreate table `shop`.`carts` (id INT);\n';
    const { symbols } = await parseSource('sql', text);
    expect(symbols.map(({ startLine, kind, name }) => `${startLine} ${kind} ${name}`)).toEqual([
      '1 function GetUser',
      '5 function SaveUser',
      '9 type orders',
      '13 section ix',
      '14 type carts',
    ]);
  });

  it('of a Dockerfile with documents in it', async () => {
    const text =
      'FROM alpine AS build\nRUN <<EOT sh\nFROM users\nEOT\nCOPY <<-"EOF" /q.sql\nFROM orders\n\tEOF\nRUN psql -c "select 1 \\\nFROM users"\nFROM scratch\nCOPY --from=build /x /x\n';
    const { symbols } = await parseSource('dockerfile', text);
    expect(symbols.map(({ startLine, name }) => `${startLine} ${name}`)).toEqual(['1 build', '10 scratch']);
  });
});
