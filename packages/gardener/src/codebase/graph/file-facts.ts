import { z } from 'zod';
import { SYMBOL_KINDS } from '../languages/symbol-kind.js';
import type { CodeStructure, CodeSymbol, Visibility } from '../parse/structure/code-structure.js';

const VISIBILITIES = ['public', 'protected', 'private'] as const satisfies readonly Visibility[];

// A longer name is data and not a name; and each source is compared with every path of the
// project, so it must be short.
const MAX_NAME_CHARACTERS = 200;
const MAX_SOURCE_CHARACTERS = 300;

const line = z.number().int().positive();

const factSymbol = z.object({
  /** Qualified name within the file. */
  symbol: z.string(),
  kind: z.enum(SYMBOL_KINDS),
  visibility: z.enum(VISIBILITIES),
  signature: z.string(),
  startLine: line,
  endLine: line,
  /** Place in the list of the symbol it is declared in, or -1. */
  parent: z.number().int().min(-1),
});
export type FactSymbol = z.infer<typeof factSymbol>;

/** What the symbol graph keeps of one file: what it declares, imports and refers to. */
export const fileFacts = z.object({
  language: z.string(),
  /** In order of place; a parent stands before its children. */
  symbols: z.array(factSymbol),
  imports: z.array(z.object({ name: z.string().nullable(), source: z.string() })),
  /** Names that are called or used, grouped: all lines of one name with one receiver. */
  references: z.array(
    z.object({
      name: z.string(),
      receiver: z.string().nullable(),
      isCall: z.boolean(),
      lines: z.array(line),
    }),
  ),
});
export type FileFacts = z.infer<typeof fileFacts>;

/** The facts of a parsed file. */
export function factsOf(structure: CodeStructure): FileFacts {
  const symbols: FactSymbol[] = [];
  const add = (symbol: CodeSymbol, parent: number) => {
    const place = symbols.length;
    const { qualifiedName, kind, visibility, signature, startLine, endLine } = symbol;
    symbols.push({ symbol: qualifiedName, kind, visibility, signature, startLine, endLine, parent });
    for (const child of symbol.children) add(child, place);
  };
  for (const symbol of structure.symbols) add(symbol, -1);
  const imports = structure.imports.flatMap(({ name, source }) => {
    const isLong = (name?.length ?? 0) > MAX_NAME_CHARACTERS || source.length > MAX_SOURCE_CHARACTERS;
    return isLong ? [] : [{ name, source }];
  });
  return { language: structure.language, symbols, imports, references: groupReferences(structure) };
}

function groupReferences({ references }: CodeStructure): FileFacts['references'] {
  const groups = new Map<string, FileFacts['references'][number]>();
  for (const { name, receiver, isCall, line } of references) {
    if (name.length > MAX_NAME_CHARACTERS) continue;
    const key = `${receiver ?? ''}\0${name}\0${isCall}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { name, receiver, isCall, lines: [line] });
    else group.lines.push(line);
  }
  return [...groups.values()];
}
