import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRunEvents } from './run-events.js';
import { reduceRun } from './run-state.js';

/** events.jsonl as version 0.1.0 wrote it: the end of a training, shortened. */
const RECORDED = `{"type":"run-queue","time":"2026-11-27T20:39:57.482Z"}
{"type":"run-start","pid":4242,"processStart":"83313","time":"2026-11-27T20:39:57.714Z"}
{"type":"stage-start","stage":"training","time":"2026-11-27T20:40:06.013Z"}
{"type":"plan","steps":180,"tokensPerSecond":601.4,"time":"2026-11-27T20:40:16.103Z"}
{"type":"step-end","step":18,"steps":180,"loss":1.913,"learningRate":0.00099,"tokensPerSecond":612.2,"etaMs":135000,"peakMemoryBytes":912000000,"time":"2026-11-27T20:40:31.802Z"}
{"type":"heldout-end","step":18,"loss":2.031,"best":true,"time":"2026-11-27T20:40:33.377Z"}
{"type":"heldout-end","step":36,"loss":2.044,"best":false,"time":"2026-11-27T20:40:50.113Z"}
{"type":"heldout-end","step":54,"loss":1.987,"best":54,"time":"2026-11-27T20:41:06.902Z"}
{"type":"heldout-end","step":72,"loss":null,"best":null,"time":"2026-11-27T20:41:23.010Z"}
{"type":"checkpoint-save","step":72,"time":"2026-11-27T20:41:23.115Z"}
`;

test('the validation losses of an older run, which it called held-out, are read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'garden-events-'));
  try {
    await writeFile(join(directory, 'events.jsonl'), RECORDED);
    const { events } = await readRunEvents(directory);
    expect(events.filter(({ type }) => type === 'validation-end')).toEqual([
      { type: 'validation-end', step: 18, loss: 2.031, best: true, time: '2026-11-27T20:40:33.377Z' },
      { type: 'validation-end', step: 36, loss: 2.044, best: false, time: '2026-11-27T20:40:50.113Z' },
      { type: 'validation-end', step: 54, loss: 1.987, best: false, time: '2026-11-27T20:41:06.902Z' },
      { type: 'validation-end', step: 72, loss: null, best: false, time: '2026-11-27T20:41:23.010Z' },
    ]);
    expect(events).toHaveLength(10);
    expect(reduceRun(events)).toMatchObject({ validationLoss: 1.987, loss: 1.913, checkpointStep: 72 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
