import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningServer, startTestServer } from '../running-server.fixture.js';

let running: RunningServer;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running?.stop());

const send = (path: string, body: object, signal?: AbortSignal) =>
  fetch(`${running.server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
const ask = async (path: string, body: object) => {
  const response = await send(path, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown> & { content: string };
};

const before = 'export function slugifyAll(titles: string[]) {\n';
/** As llama.vim 2026-01 sends it. */
const fromVim = {
  ...{ id_slot: 0, input_prefix: before, input_suffix: '\n}\n', input_extra: [], prompt: '  return ' },
  ...{ n_predict: 16, stop: [], n_indent: 2, top_k: 40, top_p: 0.9, samplers: ['top_k', 'top_p', 'infill'] },
  ...{ stream: false, cache_prompt: true, t_max_prompt_ms: 500, t_max_predict_ms: 1000 },
};

describe('infill with the default base, which only continues', () => {
  it("answers llama.vim's request with the flat fields that it reads", async () => {
    const names = [
      'content',
      'timings/prompt_n',
      'timings/predicted_per_second',
      'truncated',
      'tokens_cached',
    ];
    const answer = await ask('/p/p0/infill', { ...fromVim, response_fields: names });
    expect(Object.keys(answer)).toEqual(names);
    expect(answer.content).not.toContain('\n}\n');
    expect(answer['timings/prompt_n']).toBeGreaterThan(10);
  });

  it('finds the project by a file name, and goes by the adapter of that project', async () => {
    const [first, second] = running.garden.projects.map(({ path }) => ({ path }));
    const answerIn = (project: { path: string } | undefined) =>
      ask('/infill', { ...fromVim, filename: join(project?.path ?? '', 'new.ts') });
    const [a, b] = [await answerIn(first), await answerIn(second)];
    expect(a.gardener).toMatchObject({ project: 'p0', adapter: { version: 1 }, fillInTheMiddle: false });
    expect(b.gardener).toMatchObject({ project: 'p1' });
    // Each shows the code of its own project.
    expect(JSON.stringify(a.gardener)).toContain('slugify0');
    const bare = await ask('/p/p0/infill', { ...fromVim, gardener: { retrieval: false, adapter: 'base' } });
    expect(bare.gardener).toMatchObject({ sources: [], adapter: { version: null } });
  });

  it('takes any file name and any text', async () => {
    for (const filename of [
      '/etc/passwd',
      '../../etc/passwd',
      'C:\\other\\a.ts',
      '..\\a.ts',
      '\0',
      'x'.repeat(4_000),
    ]) {
      const answer = await ask('/p/p0/infill', { ...fromVim, filename, n_predict: 1 });
      expect(answer.gardener).toMatchObject({ project: 'p0' });
    }
    const large = 'let a = 1;\n'.repeat(40_000);
    const answer = await ask('/p/p0/infill', {
      ...fromVim,
      input_prefix: large,
      input_suffix: large,
      n_predict: 1,
    });
    expect(answer.tokens_evaluated).toBeLessThan(2_100);
  });

  it('keeps half of the context for the prompt, however much is asked for', async () => {
    const prompt = `<|fim_prefix|>${before}  return <|fim_suffix|>;\n}\n<|fim_middle|>`;
    const answer = (await ask('/v1/completions', { model: 'p0', max_tokens: 32_000, prompt })) as unknown as {
      usage: { prompt_tokens: number; completion_tokens: number };
    };
    expect(answer.usage.prompt_tokens).toBeGreaterThan(10);
    expect(answer.usage.completion_tokens).toBeLessThanOrEqual(512);
  });

  it('streams pieces, then everything else', async () => {
    // A busy machine cuts neither off.
    const patient = { ...fromVim, t_max_predict_ms: 60_000 };
    const response = await send('/p/p0/infill', { ...patient, stream: true });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = (await response.text())
      .split('\n\n')
      .filter((event) => event !== '')
      .map((event) => JSON.parse(event.replace(/^data: /, '')) as { content: string; stop: boolean });
    expect(events.map(({ stop }) => stop)).toEqual([...events.slice(1).map(() => false), true]);
    const whole = await ask('/p/p0/infill', patient);
    expect(events.map(({ content }) => content).join('')).toBe(whole.content);
  });

  it('writes what it can in the time it is given', async () => {
    const hurried = { ...fromVim, n_predict: 400, gardener: { timeLimitMs: 1 } };
    expect(await ask('/p/p0/infill', hurried)).toMatchObject({ content: '', gardener: { silence: null } });
    // Also while the model is loaded, which goes on for the next request.
    const { assistant } = running.server.context;
    const closeAll = async () => {
      // A request that was cut off leaves its model a moment after its answer.
      await assistant.closeUnused();
      expect(assistant.state().runtime.models).toEqual([]);
    };
    await vi.waitFor(closeAll, { timeout: 60_000 });
    expect(await ask('/p/p0/infill', hurried)).toMatchObject({ content: '', gardener: { silence: null } });
    expect(assistant.state().runtime.models).toEqual([]);
    expect((await ask('/p/p0/infill', { ...fromVim, gardener: { minConfidence: 0 } })).content).toMatch(/\S/);
  });
});

describe('while somebody types', () => {
  const typed = (client: string, prompt: string, signal?: AbortSignal) =>
    fetch(`${running.server.url}/p/p0/infill`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gardener-client': client },
      body: JSON.stringify({ ...fromVim, prompt, gardener: { minConfidence: 0 } }),
      ...(signal && { signal }),
    });
  const line = '  return titles.map((title) => slugify(title)).filter((slug) => slug !== "");';

  it('answers the last of fifty keys a second, and nothing piles up', async () => {
    const keys = Array.from({ length: 150 }, (_, n) => line.slice(0, 3 + (n % (line.length - 3))));
    const { assistant } = running.server.context;
    let mostQueued = 0;
    const answers: Promise<Response | null>[] = [];
    for (const [n, key] of keys.entries()) {
      const leaves = new AbortController();
      answers.push(typed('fast', key, leaves.signal).catch(() => null));
      // Every other client goes away when the next key is pressed; the others are ended by the newer request.
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (n % 2 === 0) leaves.abort();
      mostQueued = Math.max(mostQueued, assistant.state().runtime.models[0]?.queued ?? 0);
    }
    const last = await typed('fast', '  return titles');
    expect(await last.json()).toMatchObject({
      content: expect.stringMatching(/\S/),
      gardener: { silence: null },
    });
    const ended = (await Promise.all(answers)).filter((answer) => answer !== null);
    const bodies = await Promise.all(ended.map((answer) => answer.json() as Promise<{ content: string }>));
    expect(ended.every(({ status }) => status === 200)).toBe(true);
    // All but a few were overtaken.
    expect(bodies.filter(({ content }) => content === '').length).toBeGreaterThan(bodies.length / 2);
    expect(mostQueued).toBeLessThanOrEqual(4);
    expect(running.server.context.generations.used).toBe(0);
  });

  it('lets two editors write in one project', async () => {
    const answers = await Promise.all(
      ['one', 'two'].map(async (client) => (await typed(client, '  return titles')).json()),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ content: expect.stringMatching(/\S/), gardener: { silence: null } });
  });

  it('goes on with the adapter that is promoted meanwhile', async () => {
    const { garden, projects } = running.garden;
    const versionNow = async () => {
      const answer = (await (await typed('one', '  return titles')).json()) as {
        gardener: { adapter: { version: number | null } };
      };
      return answer.gardener.adapter.version;
    };
    const id = projects[0]?.id ?? '';
    expect(await versionNow()).toBe(1);
    const typing = typed('two', '  return titles.');
    await garden.registry.update(id, { promotedAdapter: null });
    expect((await typing).status).toBe(200);
    expect(await versionNow()).toBeNull();
    await garden.registry.update(id, { promotedAdapter: 1 });
    expect(await versionNow()).toBe(1);
  });
});

describe('other protocols', () => {
  it("reads Zed's prompt, which is the base's markup, as a gap, and half of it as text", async () => {
    const zed = { model: 'p0', max_tokens: 6, stop: ['<|endoftext|>', '<|fim_pad|>', '[SUFFIX]'] };
    const gap = await ask('/v1/completions', {
      ...zed,
      prompt: `<|fim_prefix|>${before}  return <|fim_suffix|>;\n}\n<|fim_middle|>`,
    });
    const plain = await ask('/v1/completions', { ...zed, prompt: `<|fim_prefix|>${before}  return ` });
    const [first, second] = [gap, plain] as unknown as { usage: { prompt_tokens: number } }[];
    // The default base cannot see what follows: it goes on with the text before the gap, and code of the project.
    expect(first?.usage.prompt_tokens).not.toBe(second?.usage.prompt_tokens);
    expect(JSON.stringify(gap.choices)).not.toContain('fim_');
  });

  it("speaks Mistral's API, whole and streamed", async () => {
    const request = {
      ...{ model: 'p0', prompt: `${before}  return `, suffix: '\n}\n', max_tokens: 6 },
      // The small model is shown whatever it writes, however sure of it.
      gardener: { minConfidence: 0 },
    };
    const whole = (await ask('/v1/fim/completions', request)) as unknown as {
      choices: { message: { content: string } }[];
    };
    const text = whole.choices[0]?.message.content;
    expect(text).toMatch(/\S/);
    const streamed = await (await send('/v1/fim/completions', { ...request, stream: true })).text();
    const pieces = [...streamed.matchAll(/^data: (\{.*)$/gm)].map(
      ([, data]) => JSON.parse(String(data)) as { choices: { delta: { content: string } }[] },
    );
    expect(pieces.map(({ choices }) => choices[0]?.delta.content).join('')).toBe(text);
    expect(streamed.trim().endsWith('data: [DONE]')).toBe(true);
  });

  it("speaks Ollama's API: a gap, a text as it stands, a question, messages", async () => {
    const options = { num_predict: 4, temperature: 0 };
    const requests = [
      ['/api/generate', { prompt: `${before}  return `, suffix: '\n}\n' }],
      ['/api/generate', { prompt: 'one two three', raw: true }],
      ['/api/generate', { prompt: 'What is 2+2?' }],
      ['/api/chat', { messages: [{ role: 'user', content: 'What is 2+2?' }] }],
    ] as const;
    for (const [path, body] of requests) {
      const request = { model: 'p0', options, ...body };
      const answer = await ask(path, { ...request, stream: false });
      expect(answer).toMatchObject({ model: 'p0', done: true, eval_count: expect.any(Number) });
      // Streamed where nothing is said.
      const response = await send(path, request);
      expect(response.headers.get('content-type')).toContain('ndjson');
      const lines = (await response.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(lines.at(-1)).toMatchObject({ done: true, done_reason: expect.stringMatching(/stop|length/) });
    }
  });

  it('loads a model that is asked for nothing', async () => {
    expect(await ask('/api/generate', { model: 'p0' })).toMatchObject({ done: true, done_reason: 'load' });
  });
});
