import type { Language } from '../../languages/language.js';
import type { SymbolKind } from '../../languages/symbol-kind.js';
import { type Capture, type CaptureGroup, contains, type Extent, within } from './captures.js';
import type { CodeSymbol } from './code-structure.js';
import type { LineMap } from './line-map.js';
import { declarationSignature, docstringText } from './signature.js';
import { popWhile } from './sorted.js';
import { usedNames } from './used-names.js';

/** What of a file its symbols are read with. */
export interface FileFacts {
  calls: Capture[];
  branches: Capture[];
  comments: Capture[];
  importNames: Set<string>;
  fileExports: boolean;
  /** Labels that give what follows them in a class its visibility. */
  following: Capture[];
}

const MAX_NAME_CHARACTERS = 120;

interface Additions {
  docstring?: string;
  visibility?: string;
}

interface FoundSymbol extends CodeSymbol {
  exported: boolean;
  hasBody: boolean;
}

const CLASS_KINDS = new Set<SymbolKind>(['class', 'interface', 'enum']);

/** Makes a file's symbols, nested as they stand in it, from its captures. */
export class SymbolReader {
  constructor(
    private readonly language: Language,
    private readonly text: string,
    private readonly lines: LineMap,
    private readonly facts: FileFacts,
  ) {}

  read(groups: CaptureGroup[]): CodeSymbol[] {
    const additions = this.readAdditions(groups);
    const found = new Map<number, FoundSymbol>();
    for (const group of groups) {
      const symbol = group.find((capture) => capture.name.startsWith('symbol.'));
      const name = group.find((capture) => capture.name === 'name');
      if (symbol === undefined || name === undefined) continue;
      const kind = symbol.name.slice('symbol.'.length) as SymbolKind;
      // The same name may match as a constant and, more exactly, as a function.
      if (found.has(name.id) && kind === 'constant') continue;
      found.set(name.id, {
        ...this.describe(group, symbol, name, kind, {
          ...additions.get(symbol.id),
          ...additions.get(name.id),
        }),
        exported: symbol.exported,
        hasBody: group.some((capture) => capture.name === 'body'),
      });
    }
    const sorted = [...found.values()].sort((a, b) => a.startIndex - b.startIndex || b.endIndex - a.endIndex);
    return this.nest(sorted);
  }

  private describe(
    group: CaptureGroup,
    symbol: Capture,
    name: Capture,
    kind: SymbolKind,
    added: Additions,
  ): CodeSymbol {
    const body = group.find((capture) => capture.name === 'body');
    const scope = group.find((capture) => capture.name === 'scope');
    const ownName = this.slice(name)
      .replace(/^['"`]|['"`]$/g, '')
      .replace(/\s+/g, ' ')
      .slice(0, MAX_NAME_CHARACTERS);
    const leadLine = this.lines.leadLine(symbol.startLine);
    return {
      name: ownName,
      // Without type parameters: `Box<T>::open` belongs to Box.
      qualifiedName:
        scope === undefined ? ownName : `${this.slice(scope).replace(/[<[].*$/s, '')}.${ownName}`,
      kind,
      signature: declarationSignature(
        this.text,
        symbol,
        name.startIndex,
        body,
        within(this.lines.decorators, symbol),
        within(this.facts.comments, symbol),
      ),
      docstring: added.docstring ?? docstringText(this.lines.leadComment(symbol.startLine)),
      startLine: symbol.startLine,
      endLine: symbol.endLine,
      leadLine,
      startIndex: symbol.startIndex,
      endIndex: symbol.endIndex,
      visibility: this.visibilityOf(added.visibility, ownName),
      complexity: 1 + within(this.facts.branches, symbol).length,
      imports: usedNames(this.slice(symbol), this.facts.importNames),
      calls: [...new Set(within(this.facts.calls, symbol).map((call) => this.slice(call)))],
      children: [],
    };
  }

  private readAdditions(groups: CaptureGroup[]): Map<number, Additions> {
    const additions = new Map<number, Additions>();
    for (const group of groups) {
      const of = group.find((capture) => capture.name === 'of');
      if (of === undefined) continue;
      const known = additions.get(of.id) ?? {};
      for (const capture of group) {
        if (capture.name === 'docstring') known.docstring = docstringText(this.slice(capture)) ?? '';
        else if (capture.name === 'visibility')
          known.visibility = `${known.visibility ?? ''} ${this.slice(capture)}`;
      }
      additions.set(of.id, known);
    }
    return additions;
  }

  private nest(sorted: FoundSymbol[]): CodeSymbol[] {
    const documented = new Map<string, string>();
    const top: CodeSymbol[] = [];
    const open: CodeSymbol[] = [];
    for (const { exported, hasBody, ...symbol } of sorted) {
      popWhile(open, (last) => !contains(last, symbol));
      const parent = open.at(-1);
      if (parent === undefined) {
        if (this.facts.fileExports && !exported) symbol.visibility = 'private';
        top.push(symbol);
      } else {
        symbol.qualifiedName = `${parent.qualifiedName}.${symbol.qualifiedName}`;
        if (symbol.kind === 'function' && CLASS_KINDS.has(parent.kind)) symbol.kind = 'method';
        symbol.visibility = this.labelledVisibility(symbol, parent) ?? symbol.visibility;
        parent.children.push(symbol);
      }
      // What is written on the first of several overloads is about all of them.
      if (symbol.docstring === null) symbol.docstring = documented.get(symbol.qualifiedName) ?? null;
      else if (!hasBody) documented.set(symbol.qualifiedName, symbol.docstring);
      open.push(symbol);
    }
    return top;
  }

  private visibilityOf(written: string | undefined, name: string): CodeSymbol['visibility'] {
    const { privateName, privateWords = /\b(?:private|fileprivate)\b/, unsaidVisibility } = this.language;
    if (privateName?.test(name)) return 'private';
    if (written === undefined) return unsaidVisibility ?? 'public';
    if (privateWords.test(written)) return 'private';
    return /\bprotected\b/.test(written) ? 'protected' : 'public';
  }

  /** What the last label before a symbol in its class says, or null without one. */
  private labelledVisibility(symbol: CodeSymbol, parent: CodeSymbol): CodeSymbol['visibility'] | null {
    if (this.facts.following.length === 0 || symbol.visibility !== 'public') return null;
    const labels = within(this.facts.following, {
      startIndex: parent.startIndex,
      endIndex: symbol.startIndex,
    });
    const last = labels.findLast((label) => !parent.children.some((child) => contains(child, label)));
    return last === undefined ? null : this.visibilityOf(this.slice(last), symbol.name);
  }

  private slice({ startIndex, endIndex }: Extent): string {
    return this.text.slice(startIndex, endIndex);
  }
}
