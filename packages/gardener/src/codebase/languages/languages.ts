import { basename } from 'node:path/posix';
import type { Language, LanguageId } from './language.js';
import { LANGUAGES } from './language-table.js';

export type { Language } from './language.js';
export { LANGUAGES } from './language-table.js';

const byId = new Map(LANGUAGES.map((language) => [language.id, language]));
const byExtension = new Map(LANGUAGES.flatMap((language) => language.extensions.map((e) => [e, language])));
const byFilename = new Map(
  LANGUAGES.flatMap((language) => (language.filenames ?? []).map((f) => [f, language])),
);
const byInterpreter = new Map(
  LANGUAGES.flatMap((language) => (language.interpreters ?? []).map((i) => [i, language])),
);

// What a first line may name before the interpreter, with the language of the script where it names none.
const LAUNCHERS = new Map<string, LanguageId | null>([
  ...['env', 'sudo', 'doas', 'nice', 'busybox', 'run', 'exec', 'dlx', 'tool', 'x'].map(
    (word) => [word, null] as const,
  ),
  ...['uv', 'uvx', 'pipx', 'poetry', 'pipenv', 'pdm', 'rye', 'hatch', 'conda'].map(
    (word) => [word, 'python'] as const,
  ),
  ...['npx', 'pnpx', 'pnpm', 'bunx', 'yarn', 'npm'].map((word) => [word, 'javascript'] as const),
]);

/** The languages Gardener reads, with the endings that mark them. */
export function knownLanguages(): { id: LanguageId; name: string; extensions: string[] }[] {
  return LANGUAGES.map(({ id, name, extensions }) => ({ id, name, extensions: [...extensions] }));
}

/** The table entry of `id`, or null. */
export function findLanguage(id: LanguageId): Language | null {
  return byId.get(id) ?? null;
}

/** Whether files of a language are code: trained on, and part of the symbol graph. False for an unknown one. */
export function isCode(id: LanguageId): boolean {
  return byId.get(id)?.role === 'code';
}

/** What the languages that call each other's symbols have in common: `ecmascript` for TypeScript and JavaScript. */
export function familyOf(id: LanguageId): string {
  return byId.get(id)?.family ?? id;
}

/** The language of a path by file name, then by ending; null when neither is known. */
export function languageOfPath(path: string): Language | null {
  const name = basename(path);
  const named = byFilename.get(name) ?? LANGUAGES.find(({ filenamePattern }) => filenamePattern?.test(name));
  if (named !== undefined) return named;
  const dot = name.lastIndexOf('.');
  return dot > 0 ? (byExtension.get(name.slice(dot).toLowerCase()) ?? null) : null;
}

/** The language that a script's first line names (`#!/usr/bin/env python3`), or null. */
export function languageOfFirstLine(line: string): Language | null {
  const words =
    /^#!\s*(.+)/
      .exec(line)?.[1]
      ?.replace(/["']/g, '')
      .replace(/(?<=\s)-S(?=\S)/, '-S ')
      .trim()
      .split(/\s+/) ?? [];
  let launched: LanguageId | null = null;
  for (const word of words) {
    const program = basename(word)
      .replace(/\.exe$/i, '')
      .replace(/(?<=\d)\.\d+$/, '');
    if (/^(?:-|\w+=)/.test(program)) continue;
    const language = byInterpreter.get(program);
    if (language !== undefined) return language;
    const starts = LAUNCHERS.get(program);
    if (starts === undefined) break;
    launched ??= starts;
  }
  return launched === null ? null : findLanguage(launched);
}
