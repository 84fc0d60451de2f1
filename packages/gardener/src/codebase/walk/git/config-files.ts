import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** A configuration has some kilobytes. */
const MAX_CONFIG_BYTES = 1 << 20;
/** More files than that were made to exhaust their reader. */
const MAX_CONFIGS = 1_000;
const OPENED_BY_GIT = ['HEAD', 'index', 'info/exclude', 'info/attributes'];
const NAMES_A_FILE = /^[ \t]*(path|excludesfile|attributesfile)[ \t]*=[ \t]*(.+?)[ \t]*$/gim;

/**
 * Whether git would wait for ever in this directory. It opens its own files, and those that its configuration names,
 * without asking what they are: a FIFO among them has no writer.
 */
export function gitWouldHang(directory: string): boolean {
  const folder = gitFolder(directory);
  const own = folder === null ? [] : OPENED_BY_GIT.map((name) => join(folder, name));
  const configs = folder === null ? [] : [join(folder, 'config'), join(folder, 'config.worktree')];
  const isSpecial = [join(directory, '.gitignore'), join(directory, '.gitattributes'), ...own].some(
    isEndless,
  );
  const seen = new Set<string>();
  return isSpecial || [...configs, ...sharedConfigs()].some((config) => leadsToEndless(config, seen));
}

/** Where git keeps the repository that `directory` is the top of; null where none begins here. */
function gitFolder(directory: string): string | null {
  const entry = join(directory, '.git');
  const facts = statSync(entry, { throwIfNoEntry: false });
  if (facts?.isDirectory()) return entry;
  const target = facts?.isFile() ? /^gitdir: (.+)$/m.exec(textOf(entry))?.[1] : undefined;
  return target === undefined ? null : resolve(directory, target);
}

/** The configurations of the user and of the machine. */
function sharedConfigs(): string[] {
  const { XDG_CONFIG_HOME, GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM } = process.env;
  const home = homedir();
  const personal = [join(home, '.gitconfig'), join(XDG_CONFIG_HOME || join(home, '.config'), 'git/config')];
  return [GIT_CONFIG_SYSTEM ?? '/etc/gitconfig', ...(GIT_CONFIG_GLOBAL ? [GIT_CONFIG_GLOBAL] : personal)];
}

/**
 * Whether reading a configuration, or what it names or includes, would not end.
 * @param seen configurations that were looked at: each is read once, however often and from wherever it is included
 */
function leadsToEndless(config: string, seen: Set<string>): boolean {
  if (isEndless(config)) return true;
  if (seen.has(config) || seen.size >= MAX_CONFIGS) return false;
  seen.add(config);
  for (const [, key, written = ''] of textOf(config).matchAll(NAMES_A_FILE)) {
    const named = written.replace(/^"(.*)"$/, '$1');
    const file = named.startsWith('~/')
      ? join(homedir(), named.slice(2))
      : isAbsolute(named)
        ? named
        : join(dirname(config), named);
    const isInclude = key?.toLowerCase() === 'path';
    if (isInclude ? leadsToEndless(file, seen) : isEndless(file)) return true;
  }
  return false;
}

/** A pipe without a writer, or a device that never ends; people name /dev/null for "none". */
function isEndless(path: string): boolean {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts?.isFIFO() === true || (facts?.isCharacterDevice() === true && path !== '/dev/null');
  } catch {
    return false;
  }
}

function textOf(file: string): string {
  try {
    const facts = statSync(file);
    return facts.isFile() && facts.size <= MAX_CONFIG_BYTES ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
