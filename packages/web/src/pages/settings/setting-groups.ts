import type { Setting } from '../../api/types.js';

const GROUPS: readonly (readonly [string, RegExp])[] = [
  ['Answers', /^(baseModel|runtime|kept|context|adapter)/],
  [
    'Training',
    /^(budget|rank|alpha|dropout|learning|sequence|train|yield|gate|minTraining|checkpoint|body|related|recent)/,
  ],
  ['Index and embedding', /^(embedding|maxFile)/],
];
const REST = 'Machine and log';

/** Settings under the headings of the page; a key that no heading claims comes last. */
export function grouped(settings: readonly Setting[]): { group: string; settings: Setting[] }[] {
  const of = (key: string): string => GROUPS.find(([, keys]) => keys.test(key))?.[0] ?? REST;
  return [...GROUPS.map(([group]) => group), REST]
    .map((group) => ({ group, settings: settings.filter(({ key }) => of(key) === group) }))
    .filter((one) => one.settings.length > 0);
}

/** `trainingMemoryMegabytes` -> "Training memory megabytes". */
export function settingTitle(key: string): string {
  const spaced = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return (
    spaced.charAt(0).toUpperCase() +
    spaced
      .slice(1)
      .replace(/ ms$/, ', ms')
      .replace(/ megabytes$/, ', MB')
      .replace(/ bytes$/, ', bytes')
  );
}
