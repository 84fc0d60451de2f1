/** What an overview is made of; all of it from the index and from files that it has read. */
export interface ProjectFacts {
  files: readonly { path: string; language: string | null }[];
  /** The most central files with their most central symbols, best first. */
  central: readonly { path: string; symbols: readonly string[] }[];
  /** Text of the project's README, or null. */
  readme: string | null;
}

/** Of a README: what a project is stands at its beginning. Also keeps the expressions below quick on any input. */
const MAX_README_CHARACTERS = 20_000;
const MAX_ABOUT_CHARACTERS = 320;
/** A paragraph with fewer characters than this is a slogan or a row of badges. */
const FEWEST_CHARACTERS = 40;
const MAX_LANGUAGES = 3;
const MAX_FOLDERS = 6;
/** A folder that holds more than this share of all files tells nothing: its subfolders are named in its place. */
const WHOLE_SHARE = 0.6;
const MAX_CENTRAL = 5;
const MAX_SYMBOLS = 3;

/**
 * A project in a few lines, the most telling first, for the system message: what its README says it is, languages,
 * folders, central files. Lines without content are left out; an empty project gives none. Pure and deterministic.
 */
export function projectOverview({ files, central, readme }: ProjectFacts): string[] {
  const about = readme === null ? null : firstParagraph(readme);
  const languages = shares(files.flatMap(({ language }) => language ?? []));
  const folders = mainFolders(files.map(({ path }) => path));
  const first = central.slice(0, MAX_CENTRAL);
  return [
    ...(about === null ? [] : [`README: ${about}`]),
    ...(languages.length === 0 ? [] : [`Files: ${files.length} (${languages.join(', ')})`]),
    ...(folders.length === 0 ? [] : [`Folders: ${folders.join(', ')}`]),
    ...(first.length === 0 ? [] : [`Central files: ${first.map(centralFile).join('; ')}`]),
  ];
}

function centralFile({ path, symbols }: ProjectFacts['central'][number]): string {
  return symbols.length === 0 ? path : `${path} (${symbols.slice(0, MAX_SYMBOLS).join(', ')})`;
}

/** The first paragraph of prose, in plain text and at most 320 characters, cut at a sentence where one ends in time. */
function firstParagraph(readme: string): string | null {
  const beginning = readme.slice(0, MAX_README_CHARACTERS);
  const withoutCode = beginning.replace(/^ *(```|~~~)[\s\S]*?^ *\1.*$/gm, '').replace(/<!--[\s\S]*?-->/g, '');
  for (const block of withoutCode.split(/\r?\n\s*\r?\n/)) {
    const prose = block.split(/\r?\n/).filter((line) => !/^\s*(?:#|[-*=_]{3,}|[|<]|\[?!\[|\.\. )/.test(line));
    const text = plain(prose.join(' '));
    if (text.length >= FEWEST_CHARACTERS) return shortened(text);
  }
  return null;
}

function plain(markdown: string): string {
  return markdown
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]{1,200}>/g, '')
    .replace(/[*`]+|(?<!\w)[_>#]+|_+(?!\w)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function shortened(text: string): string {
  if (text.length <= MAX_ABOUT_CHARACTERS) return text;
  const cut = text.slice(0, MAX_ABOUT_CHARACTERS);
  const sentence = cut.lastIndexOf('. ');
  return sentence >= FEWEST_CHARACTERS ? cut.slice(0, sentence + 1) : `${cut.trimEnd()}…`;
}

/** `TypeScript 81 %`, the largest first. */
function shares(names: readonly string[]): string[] {
  return counted(names)
    .slice(0, MAX_LANGUAGES)
    .map(([name, count]) => `${name} ${Math.max(1, Math.round((100 * count) / names.length))} %`);
}

/**
 * The folders with the most files, with how many each has; one that holds nearly everything is told by its subfolders.
 */
function mainFolders(paths: readonly string[]): string[] {
  let folders = foldersBelow(paths, '');
  for (;;) {
    const [largest, ...others] = folders;
    const inside = largest === undefined ? [] : foldersBelow(paths, `${largest[0]}/`);
    if (largest === undefined || largest[1] <= WHOLE_SHARE * paths.length || inside.length === 0) break;
    folders = [...inside, ...others].sort(mostFirst);
  }
  return folders.slice(0, MAX_FOLDERS).map(([folder, count]) => `${folder} (${count})`);
}

function foldersBelow(paths: readonly string[], prefix: string): [string, number][] {
  return counted(
    paths.flatMap((path) => {
      const end = path.startsWith(prefix) ? path.indexOf('/', prefix.length) : -1;
      return end < 0 ? [] : path.slice(0, end);
    }),
  );
}

/** The names with how often each occurs, the most frequent first. */
function counted(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(mostFirst);
}

function mostFirst(a: [string, number], b: [string, number]): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}
