import { randomNumbers } from '../questions/docstring-queries.js';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const LETTERS = LOWER + LOWER.toUpperCase();

/** Random values of the kinds that keys and passwords have; they open nothing. */
export class RandomValues {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  text(characters: string, length: number): string {
    return Array.from({ length }, () => characters[this.below(characters.length)]).join('');
  }

  hex(length: number): string {
    return this.text(`${DIGITS}abcdef`, length);
  }

  /** Letters of both cases and digits, one of each at least. */
  alphanumeric(length: number): string {
    const value = this.text(LETTERS + DIGITS, length);
    return /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value) ? value : this.alphanumeric(length);
  }

  /** As a password manager makes one. */
  password(length: number, symbols = '!#$'): string {
    const value = this.text(LETTERS + DIGITS + symbols, length);
    const has = (pattern: RegExp) => pattern.test(value);
    const isOne = has(/[a-z]/) && has(/[A-Z]/) && has(/\d/) && has(/[^\w]/) && has(/^\w/) && has(/\w$/);
    return isOne ? value : this.password(length, symbols);
  }

  /** As a person makes one: a word, digits and a symbol. */
  humanPassword(): string {
    const word = this.pick([
      'Harbor',
      'Maple',
      'Orchid',
      'Falcon',
      'Winter',
      'Saturn',
      'Copper',
      'Meadow',
      'Tiger',
    ]);
    return `${word}${this.text(DIGITS, 2 + this.below(3))}${this.pick(['!', '#', '$', '@', '?'])}${this.text(LOWER, this.below(3))}`;
  }

  base64(bytes: number): string {
    return Buffer.from(Array.from({ length: bytes }, () => this.below(256))).toString('base64');
  }

  uuid(): string {
    return [8, 4, 4, 4, 12].map((length) => this.hex(length)).join('-');
  }
}
