import type { SourceFile } from './source-files.js';

/** What is against the house. */
export interface Offence {
  /** Below packages/. */
  path: string;
  /** 1-based. */
  line: number;
  what: string;
}

/** Finds what one rule forbids in all the sources. */
export type Rule = (files: readonly SourceFile[]) => Offence[];
