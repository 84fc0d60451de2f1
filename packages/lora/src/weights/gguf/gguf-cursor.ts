import { corrupt, truncated } from '../range-file.js';

/** Thrown when the bytes at hand end before the header does; the caller reads more and parses again. */
export class HeaderNeedsMore extends Error {}

/** Reads little-endian values one after another from the beginning of a file. */
export class GgufCursor {
  position: number;
  private readonly view: DataView;
  private readonly buffer: Buffer;

  /**
   * @param bytes the first bytes of the file
   * @param fileSize size of the whole file: what lies beyond it can never be read, what lies before it can
   */
  constructor(
    readonly path: string,
    bytes: Uint8Array,
    readonly fileSize: number,
  ) {
    this.position = 0;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether `count` items of at least `bytesEach` can lie in the rest of the file. */
  fits(count: number, bytesEach: number): boolean {
    return count * bytesEach <= this.fileSize - this.position;
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }
  int8(): number {
    return this.view.getInt8(this.take(1));
  }
  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }
  int16(): number {
    return this.view.getInt16(this.take(2), true);
  }
  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }
  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }
  float32(): number {
    return this.view.getFloat32(this.take(4), true);
  }
  float64(): number {
    return this.view.getFloat64(this.take(8), true);
  }
  uint64(): number | bigint {
    return narrow(this.view.getBigUint64(this.take(8), true));
  }
  int64(): number | bigint {
    return narrow(this.view.getBigInt64(this.take(8), true));
  }

  /**
   * A 64-bit count or size.
   * @param limit the largest that is believed
   * @throws LoraError `weights.corrupt` above it
   */
  count(what: string, limit: number): number {
    const value = this.uint64();
    if (typeof value === 'bigint' || value > limit) {
      throw corrupt(this.path, `it claims ${value} as ${what}, more than ${limit}`, { what });
    }
    return value;
  }

  /** A string: its length in bytes, then UTF-8. */
  string(what: string, limitBytes: number): string {
    const length = this.count(what, limitBytes);
    const start = this.take(length);
    return this.buffer.toString('utf8', start, start + length);
  }

  /** `bytes` bytes as Latin-1. */
  latin1(bytes: number): string {
    const start = this.take(bytes);
    return this.buffer.toString('latin1', start, start + bytes);
  }

  private take(bytes: number): number {
    const start = this.position;
    const end = start + bytes;
    if (end > this.view.byteLength) {
      if (end > this.fileSize) throw truncated(this.path, end, this.fileSize);
      throw new HeaderNeedsMore();
    }
    this.position = end;
    return start;
  }
}

function narrow(value: bigint): number | bigint {
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}
