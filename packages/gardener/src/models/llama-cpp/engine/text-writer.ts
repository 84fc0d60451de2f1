import type { LlamaModel, Token } from 'node-llama-cpp';
import { StopTexts } from '../../runtime/stop-texts.js';

/** Tokens of text before the current ones that a detokenizer may need to place a space. */
const DETOKENIZER_MEMORY = 8;

/** Turns tokens into text, whole characters only, and watches for stop texts. */
export class TextWriter {
  readonly #model: LlamaModel;
  readonly #stops: StopTexts;
  readonly #report: (text: string) => void;
  #pending: Token[] = [];
  #written: Token[];
  #skipped: number;

  /** @param skipped characters at the beginning that are not told. @param before the tokens before the first one */
  constructor(
    model: LlamaModel,
    stop: readonly string[],
    report: (text: string) => void,
    { skipped = 0, before = [] }: { skipped?: number; before?: readonly Token[] } = {},
  ) {
    this.#model = model;
    this.#stops = new StopTexts(stop);
    this.#report = report;
    this.#skipped = skipped;
    this.#written = before.slice(-DETOKENIZER_MEMORY);
  }

  /** @returns whether a stop text was met */
  write(token: Token): boolean {
    this.#pending.push(token);
    const text = this.#model.detokenize(this.#pending, false, this.#written);
    // An incomplete UTF-8 character becomes U+FFFD; four tokens always complete one.
    if (text.endsWith('\uFFFD') && this.#pending.length < 4) return false;
    this.#written = [...this.#written, ...this.#pending].slice(-DETOKENIZER_MEMORY);
    this.#pending = [];
    const told = text.slice(this.#skipped);
    this.#skipped = Math.max(0, this.#skipped - text.length);
    const { text: shown, stopped } = this.#stops.push(told);
    if (shown !== '') this.#report(shown);
    return stopped;
  }

  finish(): void {
    const text = this.#stops.flush();
    if (text !== '') this.#report(text);
  }
}
