import { describe, expect, it } from 'vitest';
import { createPalette } from './palette.js';
import { ProgressLine } from './progress.js';

function setUp(isTTY: boolean) {
  let written = '';
  let timeMs = 0;
  const stream = {
    isTTY,
    columns: 60,
    write: (text: string) => {
      written += text;
    },
  };
  const progress = new ProgressLine(stream, createPalette(false), () => timeMs);
  const wait = (durationMs: number) => {
    timeMs += durationMs;
  };
  return { progress, read: () => written, wait };
}

describe('ProgressLine without a terminal', () => {
  it('prints a new label at once and then at most one line every five seconds', () => {
    const { progress, read, wait } = setUp(false);
    for (let done = 0; done < 100; done += 1) {
      progress.update({ label: 'training', done, total: 100, detail: `step ${done}` });
      wait(200);
    }
    progress.update({ label: 'evaluating' });
    const lines = read().trimEnd().split('\n');
    expect(lines).toEqual([
      'training    0 %  step 0',
      'training   25 %  step 25',
      'training   50 %  step 50',
      'training   75 %  step 75',
      'evaluating',
    ]);
  });

  it('writes no escape sequence, not even one from a label', () => {
    const { progress, read } = setUp(false);
    progress.update({ label: 'file \u001b]0;title\u0007x', detail: 'a\nb\u001b[2K' });
    progress.finish('done');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested.
    expect(read()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(read().split('\n')).toHaveLength(3);
  });
});

describe('ProgressLine on a terminal', () => {
  it('rewrites one line, never wider than the terminal, and takes it away at the end', () => {
    const { progress, read, wait } = setUp(true);
    for (let done = 0; done <= 10; done += 1) {
      progress.update({ label: 'indexing', done, total: 10, detail: 'a/very/long/path/'.repeat(8) });
      wait(100);
    }
    progress.finish();
    expect(read()).not.toContain('\n');
    const frames = read()
      .split('\r\u001b[2K')
      .filter((frame) => frame !== '');
    expect(frames).toHaveLength(11);
    for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(59);
    expect(read().endsWith('\r\u001b[2K')).toBe(true);
  });

  it('keeps a logged line above the bar', () => {
    const { progress, read } = setUp(true);
    progress.update({ label: 'training', done: 1, total: 2 });
    progress.log('interrupted');
    expect(read()).toContain('\r\u001b[2Kinterrupted\n\r\u001b[2Ktraining');
  });
});
