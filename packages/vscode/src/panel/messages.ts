import type { Source } from '../api/types.js';

/** Code that a question is about. */
export interface AskedCode {
  path: string;
  /** From 1, inclusive. */
  from: number;
  to: number;
}

/** What the panel's page is told. */
export type ToPage =
  | { type: 'about'; project: string; answering: string; code: AskedCode | null }
  | { type: 'question'; text: string; code: AskedCode | null }
  /** Said above the question that is being answered. */
  | { type: 'notice'; text: string }
  | { type: 'text'; text: string }
  | { type: 'end'; sources: Source[]; note: string }
  | { type: 'error'; sentence: string; actions: string[] }
  | { type: 'new' };

/** What the page asks for. */
export type FromPage =
  | { type: 'ready' }
  | { type: 'ask'; question: string; withCode: boolean }
  | { type: 'stop' }
  | { type: 'new' }
  | { type: 'open'; path: string; line: number; endLine: number }
  | { type: 'insert'; code: string }
  | { type: 'copy'; code: string }
  /** A button of the last error, by its place. */
  | { type: 'act'; index: number };
