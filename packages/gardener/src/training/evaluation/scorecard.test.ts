import { describe, expect, test } from 'vitest';
import { makeScorecard, scorecardSchema } from './scorecard.js';
import type { SideScores } from './side-scores.js';

const context = { margin: 0.01, adapterVersion: 3, seed: 1, dataHash: 'a'.repeat(64) };

function side(loss: number, change: Partial<SideScores> = {}): SideScores {
  return {
    files: [900, 1100, 1000].map((tokens, i) => ({
      path: `src/${i}.py`,
      examples: 4,
      nll: tokens * loss * (1 + i / 10),
      tokens,
      bytes: tokens * 3,
      matchedLines: 10 + i,
      lines: 40,
      matchedGaps: 4 + i,
      gaps: 20,
    })),
    generalLoss: 1.1,
    stopped: Array.from({ length: 20 }, (_, i) => i < 16),
    parity: { agreed: 960, positions: 1000, ourNll: 1500, theirNll: 1503 },
    editSimilarity: null,
    gapSimilarity: null,
    memorised: null,
    strings: null,
    uses: null,
    durationMs: { scoring: 1, serving: 1 },
    ...change,
  };
}

describe('makeScorecard', () => {
  test('has the fixed form, keeps it through JSON, and promotes a clear gain', () => {
    const card = makeScorecard({ base: side(1.5), adapter: side(1.3) }, null, context);
    expect(scorecardSchema.parse(JSON.parse(JSON.stringify(card)))).toEqual(card);
    expect(card).toMatchObject({ promoted: true, adapterVersion: 3, files: 3, margin: 0.01 });
    expect(card.base.noRetrieval.heldOutLoss?.n).toBe(3000);
    expect(card.adapter.noRetrieval.exactMatch).toMatchObject({ value: 33 / 120, n: 120 });
    expect(card.base.retrieval).toEqual({
      ...{ heldOutLoss: null, bitsPerByte: null, exactMatch: null, editSimilarity: null },
      ...{ fimExactMatch: null, fimEditSimilarity: null },
    });
    const { heldOutLoss, bitsPerByte } = card.adapter.noRetrieval;
    expect(bitsPerByte?.value).toBeCloseTo((heldOutLoss?.value ?? 0) / Math.LN2 / 3, 9);
    expect(bitsPerByte?.n).toBe(9000);
    expect(card.adapter.noRetrieval.fimExactMatch).toMatchObject({ value: 15 / 60, n: 60 });
    expect(card.improvement?.value).toBeCloseTo(1 - 1.3 / 1.5, 9);
    expect(card.stopping).toEqual({ base: 0.8, adapter: 0.8, n: 20 });
    expect(card.parity?.adapterLossDifference).toBeCloseTo(0.002, 9);
  });

  test('says how strong the adapter was and why; one from before there were strengths was scored at 1', () => {
    const strengthChoice = {
      reason: 'Strength 0.5 has the lowest loss.',
      losses: [{ strength: 0.5, loss: 1 }],
    };
    const chosen = { ...context, strength: 0.5, strengthChoice };
    const card = makeScorecard({ base: side(1.5), adapter: side(1.3) }, null, chosen);
    const {
      strength,
      strengthChoice: told,
      ...old
    } = scorecardSchema.parse(JSON.parse(JSON.stringify(card)));
    expect({ strength, told }).toEqual({ strength: 0.5, told: strengthChoice });
    expect(scorecardSchema.parse(old)).toMatchObject({ strength: 1, strengthChoice: null });
  });

  test('one from before there were gaps and bits per byte is read, and has none', () => {
    const old = JSON.parse(
      JSON.stringify(makeScorecard({ base: side(1.5), adapter: side(1.3) }, null, context)),
    );
    for (const arm of [old.base, old.adapter]) {
      for (const metrics of [arm.noRetrieval, arm.retrieval]) {
        for (const name of ['bitsPerByte', 'fimExactMatch', 'fimEditSimilarity']) delete metrics[name];
      }
    }
    const { base, promoted } = scorecardSchema.parse(old);
    expect(promoted).toBe(true);
    expect(base.noRetrieval).toMatchObject({
      bitsPerByte: null,
      fimExactMatch: null,
      fimEditSimilarity: null,
    });
  });

  test('an adapter that fills surely fewer gaps than the base is refused', () => {
    const filled = (matched: number[]) =>
      side(1.3, { files: side(1.3).files.map((file, i) => ({ ...file, matchedGaps: matched[i] ?? 0 })) });
    const judged = (matched: number[]) =>
      makeScorecard({ base: side(1.5), adapter: filled(matched) }, null, context);
    const refused = judged([2, 2, 2]);
    expect(refused.promoted).toBe(false);
    expect(refused.reason).toMatch(/with it 6 of 60 gaps .* with the base 15\.$/);
    expect(judged([4, 4, 4]).promoted).toBe(true);
    expect(judged([0, 5, 9]).promoted).toBe(true);
  });

  test('stopping is compared over the questions that both were asked', () => {
    const adapter = side(1.3, { stopped: [true, true, false] });
    expect(makeScorecard({ base: side(1.5), adapter }, null, context).stopping).toEqual({
      base: 1,
      adapter: 2 / 3,
      n: 3,
    });
  });

  test('sides that were scored on other tokens cannot be compared', () => {
    const adapter = side(1.3);
    (adapter.files[1] as SideScores['files'][number]).tokens--;
    expect(() => makeScorecard({ base: side(1.5), adapter }, null, context)).toThrow(/same tokens/);
  });

  test('retrieval arms are filled where measured', () => {
    const written = [
      { path: 'src/0.py', sum: 3, lines: 5 },
      { path: 'src/1.py', sum: 2, lines: 5 },
    ];
    const retrieval = { base: side(1.2, { editSimilarity: written }), adapter: side(1.1) };
    const card = makeScorecard({ base: side(1.5), adapter: side(1.3) }, retrieval, context);
    expect(card.base.retrieval.editSimilarity).toMatchObject({ value: 0.5, n: 10 });
    expect(card.adapter.retrieval.editSimilarity).toBeNull();
    expect(card.adapter.retrieval.heldOutLoss?.value).toBeLessThan(1.3);
  });
});
