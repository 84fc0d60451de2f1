import type { SearchResult } from '../../api/types.js';

/** Why a result was found, the strongest reason first, each in a few words. */
export function reasons({ definition, name, path, words, meaning }: SearchResult['why']): string[] {
  return [
    ...(definition === null ? [] : [`declares ${definition}`]),
    ...(name.length === 0 || definition !== null ? [] : [`name: ${name.join(', ')}`]),
    ...(path.length === 0 ? [] : [`path: ${path.join(', ')}`]),
    ...(words.length === 0 ? [] : [`words: ${words.join(', ')}`]),
    ...(meaning === null ? [] : [`meaning ${meaning.toFixed(2)}`]),
  ];
}
