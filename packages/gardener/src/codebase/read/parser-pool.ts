import { availableParallelism } from 'node:os';
import { present } from '../../garden/errors/present.js';
import { ParserProcess } from './parser-process.js';
import type { ChunkedSource, ParserProtocol } from './parser-protocol.js';

/** Each holds its grammars in memory, some 150 MB with several; reading and writing keep another core busy. */
const MOST = 3;
/** Jobs that wait for the processes there are before another is started: it takes as long as some twenty files. */
const WAITING_BEFORE_ANOTHER = 3;

/** Processes that parse side by side, started as they are needed. */
export class ParserPool {
  readonly #parsers: { process: ParserProcess; isStarted: boolean; open: number }[];

  /** @param most how many at once; defaults to the processor's cores, 3 at most */
  constructor(most = Math.min(MOST, availableParallelism())) {
    this.#parsers = Array.from({ length: most }, () => ({
      process: new ParserProcess(),
      isStarted: false,
      open: 0,
    }));
  }

  /** As `ParserProcess.chunk`, by the process with the fewest jobs. */
  async chunk(input: ParserProtocol['jobs']['chunk']['input'], timeoutMs: number): Promise<ChunkedSource> {
    const load = ({ open, isStarted }: { open: number; isStarted: boolean }) =>
      isStarted ? open : WAITING_BEFORE_ANOTHER;
    const parser = this.#parsers.reduce(
      (best, one) => (load(one) < load(best) ? one : best),
      present(this.#parsers[0]),
    );
    parser.isStarted = true;
    parser.open++;
    try {
      return await parser.process.chunk(input, timeoutMs);
    } finally {
      parser.open--;
    }
  }
}
