import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type LoraAdapter,
  loadBaseModel,
  readMlxAdapter,
  readPeftAdapter,
  scoreExamples,
  writeMlxAdapter,
  writePeftAdapter,
} from '@codebase-gardener/lora';
import { afterAll, describe, expect, it } from 'vitest';
import { scoreInPython } from '../../bench/python/score-in-python.js';
import { repository } from '../run-gardener.js';
import { randomAdapter } from './random-adapter.fixture.js';

const python = process.env.GARDENER_MLX_PYTHON ?? '';
const directory = mkdtempSync(join(tmpdir(), 'gardener-mlx-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const mlx = (base: string, adapter: string, row: number[]) =>
  scoreInPython(python, 'check_mlx.py', base, adapter, [row])[0]?.nll ?? [];

describe.skipIf(python === '')('an adapter saved for mlx-lm', () => {
  it.each(['llama-tiny', 'architectures/qwen2'])(
    'gives in mlx-lm what it gives here, on %s',
    async (name) => {
      const file = join(repository, 'packages', 'lora', 'fixtures', 'golden', name, 'base.gguf');
      await using base = await loadBaseModel(file);
      const tokens = Int32Array.from({ length: 40 }, (_, n) => (n * 37 + 11) % base.config.vocabularySize);
      const example = { tokens, supervised: new Uint8Array(tokens.length).fill(1) };
      const ours = async (adapter: LoraAdapter | null) => {
        const [score] = await scoreExamples(base, adapter, [example]);
        return [...(score?.nll.subarray(1) ?? [])];
      };
      const saved = join(directory, name.replace('/', '-'));
      const written = randomAdapter(base.config);
      await writeMlxAdapter(saved, written, base.config);
      const [plain, adapted] = [await ours(null), await ours(written)];
      expectClose(mlx(file, '-', [...tokens]), plain);
      expectClose(mlx(file, saved, [...tokens]), adapted);
      // The adapter must matter, or agreement would prove nothing.
      expect(Math.max(...plain.map((value, n) => Math.abs(value - (adapted[n] ?? 0))))).toBeGreaterThan(0.05);
      // The same numbers in PEFT's spelling.
      const peft = `${saved}-peft`;
      await writePeftAdapter(peft, await readMlxAdapter(saved, base.config), base.config, {
        baseModelName: name,
      });
      expect((await readPeftAdapter(peft, base.config)).blocks).toEqual(written.blocks);
    },
  );
});

function expectClose(theirs: number[], ours: number[]): void {
  expect(theirs).toHaveLength(ours.length);
  for (const [n, value] of theirs.entries())
    expect(Math.abs(value - (ours[n] ?? Number.NaN))).toBeLessThan(1e-3);
}
