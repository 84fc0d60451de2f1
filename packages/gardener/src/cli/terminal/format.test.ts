import { describe, expect, it } from 'vitest';
import { createPalette, wantsColor } from './palette.js';
import { oneLine, plainText, truncate, visibleWidth } from './plain-text.js';
import { formatAge, formatBytes, formatChange, formatDuration } from './quantities.js';
import { renderTable } from './table.js';

describe('quantities', () => {
  it('says durations as people do', () => {
    expect([0, 42_000, 250_000, 240_000, 7_500_000, 59_999].map(formatDuration)).toEqual([
      '0s',
      '42s',
      '4m 10s',
      '4m',
      '2h 5m',
      '1m',
    ]);
  });

  it('says sizes, ages and changes', () => {
    expect([512, 98_362_432, 1.2 * 1024 ** 3].map(formatBytes)).toEqual(['512 B', '94 MiB', '1.2 GiB']);
    const now = new Date('2026-11-23T12:00:00Z');
    expect(formatAge(new Date('2026-11-23T11:57:00Z'), now)).toBe('3m ago');
    expect(formatChange(2, 1.8)).toBe('-10.0 %');
  });
});

describe('plain text', () => {
  it('removes what could steer a terminal and keeps the words', () => {
    expect(plainText('a\u001b[2J\u001b]8;;http://x\u0007b\u202ec\u009bd\ne\tf')).toBe('abcd\ne\tf');
    expect(oneLine(' a \n b ')).toBe('a b');
  });

  it('measures and cuts by columns', () => {
    expect(visibleWidth('日本')).toBe(4);
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('日本語', 4)).toBe('日…');
  });
});

describe('renderTable', () => {
  it('aligns columns, also with colours in the cells', () => {
    const { bad } = createPalette(true);
    const lines = renderTable(
      [
        ['a', bad('1'), 'x'],
        ['long', '100', 'y'],
      ],
      { align: ['left', 'right'] },
    );
    expect(lines.map((line) => plainText(line))).toEqual(['a       1  x', 'long  100  y']);
  });
});

describe('wantsColor', () => {
  it('needs a terminal and no refusal', () => {
    expect(wantsColor({ isTTY: true }, true, {})).toBe(true);
    expect(wantsColor({}, true, {})).toBe(false);
    expect(wantsColor({ isTTY: true }, false, {})).toBe(false);
    expect(wantsColor({ isTTY: true }, true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColor({ isTTY: true }, true, { TERM: 'dumb' })).toBe(false);
  });
});
