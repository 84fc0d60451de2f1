import type { NamedCodebase } from '../pipeline/codebases.js';

/**
 * The six codebases that the recipe is tuned on: four languages, small to middling. Chosen on 2026-11-29, before any
 * figure of a recipe was seen; none of them is in bench/benefit, which reports on others.
 */
export const RECIPE_CODEBASES: readonly NamedCodebase[] = [
  { name: 'starlette', language: 'python', version: '0.46.2', registry: 'pip', folders: ['starlette'] },
  { name: 'rxjs', language: 'typescript', version: '7.8.2', registry: 'npm', folders: ['src'] },
  {
    name: 'golang-github-miekg-dns-dev',
    language: 'go',
    version: '1.1.50-2',
    registry: 'debian',
    folders: ['usr/share/gocode/src'],
  },
  {
    name: 'librust-rayon-dev',
    language: 'rust',
    version: '1.6.1-1',
    registry: 'debian',
    folders: ['usr/share/cargo/registry/rayon-1.6.1/src'],
  },
  { name: 'scrapy', language: 'python', version: '2.13.3', registry: 'pip', folders: ['scrapy'] },
  { name: 'mongodb', language: 'typescript', version: '6.20.0', registry: 'npm', folders: ['src'] },
];
