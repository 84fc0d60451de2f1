import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './collect-native-parts.js';
import { PLATFORMS } from './platforms.js';
import { repository } from './repository.js';

/** A package of others that is in what we ship. */
export interface ThirdParty {
  name: string;
  version: string;
  licence: string;
  author: string;
  folder: string;
}

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice|third.?party.?notices)/i;
// Their own grammars and engine go along as files, not as modules of the bundle.
const AS_FILES = ['web-tree-sitter', '@vscode/tree-sitter-wasm', '@cursorless/tree-sitter-wasms'];

/**
 * The packages behind the modules of a bundle, the files that go along and every platform's native parts, by name.
 * @param modules paths from the repository, as the bundler tells them
 */
export function thirdParties(modules: readonly string[]): ThirdParty[] {
  const folders = new Set<string>();
  for (const module of modules) {
    const [, folder] = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module) ?? [];
    if (folder !== undefined) folders.add(join(repository, folder));
  }
  const native = PLATFORMS.flatMap(({ native }) => native.map((source) => source.package));
  for (const name of [...AS_FILES, ...native]) folders.add(packageFolder(name));
  return [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readPackage(folder: string): ThirdParty {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, license } = manifest;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof license !== 'string') {
    throw new Error(`${folder}/package.json lacks a name, a version or a licence`);
  }
  const { author } = manifest;
  const person = typeof author === 'object' && author !== null ? (author as { name?: unknown }).name : author;
  return { name, version, licence: license, author: typeof person === 'string' ? person : '', folder };
}

/** One text with the licences and notices of all of them; those that stand in several packages word for word, once. */
export function licenceText(packages: readonly ThirdParty[]): string {
  const byText = new Map<string, string[]>();
  for (const one of packages) {
    const text = licenceOf(one);
    byText.set(text, [...(byText.get(text) ?? []), `${one.name} ${one.version} (${one.licence})`]);
  }
  const line = '='.repeat(80);
  const parts = [...byText].map(([text, names]) => `${line}\n${names.join('\n')}\n${line}\n\n${text}\n`);
  return `Codebase Gardener contains software of others, under these licences.\n\n${parts.join('\n')}`;
}

function licenceOf({ name, licence, author, folder }: ThirdParty): string {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file) && !file.endsWith('.html'));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length > 0) return texts.join('\n\n');
  if (licence === 'Apache-2.0') return 'Apache License, version 2.0: its text is in the file LICENSE.';
  const standard = join(repository, 'scripts', 'release', 'licences', `${licence}.txt`);
  if (!existsSync(standard)) throw new Error(`${name} brings no text of its licence, ${licence}`);
  return readFileSync(standard, 'utf8')
    .replace('<holder>', author === '' ? `the authors of ${name}` : author)
    .trim();
}
