import type { LanguageFn } from 'highlight.js';
import { createLowlight } from 'lowlight';
import { useEffect, useState } from 'react';

/** A piece of a line with the class that gives it its colour. */
export interface Piece {
  text: string;
  className: string | null;
}

type Grammar = () => Promise<{ default: LanguageFn }>;

// Each grammar is a file of its own that is fetched when a language is first shown.
const GRAMMARS: Record<string, Grammar> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  scala: () => import('highlight.js/lib/languages/scala'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
};
const ALIASES: Record<string, string> = {
  'c++': 'cpp',
  cs: 'csharp',
  html: 'xml',
  js: 'javascript',
  jsx: 'javascript',
  kt: 'kotlin',
  md: 'markdown',
  mjs: 'javascript',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  sh: 'bash',
  shell: 'bash',
  toml: 'ini',
  ts: 'typescript',
  tsx: 'typescript',
  yml: 'yaml',
  zsh: 'bash',
};
/** Longer texts are shown plain: colours are not worth a page that stands still. */
const LONGEST = 200_000;

const lowlight = createLowlight();

function grammarName(language: string | null): string | null {
  const name = language?.toLowerCase() ?? '';
  const grammar = ALIASES[name] ?? name;
  return Object.hasOwn(GRAMMARS, grammar) ? grammar : null;
}

/**
 * The lines of `text` in coloured pieces; plain until the language's grammar is there, and for languages nobody knows.
 */
export function useHighlighted(text: string, language: string | null): Piece[][] {
  const grammar = grammarName(language);
  const [, setLoaded] = useState('');
  useEffect(() => {
    if (grammar === null || lowlight.registered(grammar)) return;
    let gone = false;
    void GRAMMARS[grammar]?.().then((module) => {
      lowlight.register(grammar, module.default);
      if (!gone) setLoaded(grammar);
    });
    return () => {
      gone = true;
    };
  }, [grammar]);
  return highlightLines(text, grammar);
}

function highlightLines(text: string, grammar: string | null): Piece[][] {
  if (grammar === null || !lowlight.registered(grammar) || text.length > LONGEST) {
    return text.split('\n').map((line) => [{ text: line, className: null }]);
  }
  return splitLines(piecesOf(lowlight.highlight(grammar, text).children, null));
}

interface Node {
  type: string;
  value?: string;
  children?: Node[];
  properties?: { className?: unknown };
}

function piecesOf(nodes: readonly unknown[], className: string | null): Piece[] {
  return (nodes as Node[]).flatMap((node) => {
    if (node.type === 'text') return [{ text: node.value ?? '', className }];
    const own = node.properties?.className;
    return piecesOf(node.children ?? [], Array.isArray(own) ? own.join(' ') : className);
  });
}

/** Pieces that run over several lines are cut at the line ends. */
export function splitLines(pieces: readonly Piece[]): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const { text, className } of pieces) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ text: part, className });
    }
  }
  return lines;
}
