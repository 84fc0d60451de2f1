import type { Exchange } from './exchange.js';

/** An exchange for tests. */
export function makeExchange(question: string, answer = `About ${question}. And more.`): Exchange {
  return {
    schemaVersion: 1,
    time: '2026-01-01T00:00:00.000Z',
    question,
    answer,
    end: 'stop',
    sources: [{ path: 'a.ts', startLine: 1, endLine: 2, symbol: null, score: 0.5 }],
    adapter: null,
  };
}
