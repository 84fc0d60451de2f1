import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, startTestServer } from '../running-server.fixture.js';

let running: RunningServer;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running?.stop());

const code = {
  path: 'new.ts',
  prefix: 'export function slugifyAll(titles: string[]) {\n  return ',
  suffix: '\n}\n',
};

/** Asks for one place in one program's window. @returns why nothing is suggested */
async function silenceFor(client: string): Promise<string | null> {
  const response = await fetch(`${running.server.url}/api/projects/p0/complete`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'editor', 'x-gardener-client': client },
    body: JSON.stringify({ ...code, maxTokens: 16, minConfidence: 0 }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { silence: string | null }).silence;
}

it('ends a completion for a newer one of the same window, not of another', async () => {
  // While the model is loaded, all three are under way together.
  const silences = await Promise.all(['one', 'one', 'two'].map(silenceFor));
  expect(silences.filter((silence) => silence === 'newer-request')).toHaveLength(1);
  expect(silences[2]).not.toBe('newer-request');
});
