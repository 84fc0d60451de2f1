import { expect, test } from 'vitest';
import { measureProductSpeed } from './product-speed.js';

test('a speed that a machine can have, in the precision that training would choose', async () => {
  const { precision, multiplyAddsPerSecond } = await measureProductSpeed({ measureMs: 50 });
  expect(['int8', 'float32']).toContain(precision);
  expect(multiplyAddsPerSecond).toBeGreaterThan(1e8);
  expect(multiplyAddsPerSecond).toBeLessThan(1e15);
});
