import { expect, test } from 'vitest';
import { EngineProcess } from './engine-process.js';

/** A child of plain Node that says what a script makes it say. */
function childOf(script: string, silenceMs = 60_000): EngineProcess {
  const command = { command: process.execPath, args: ['-e', script], env: process.env };
  return new EngineProcess('peft', command, silenceMs);
}

const HELLO = `console.log('{"type":"hello","protocol":1,"engine":"peft"}');`;
const STEP = `console.log('{"type":"start","precision":"float32","reason":"r"}');`;
const STAYS = 'setInterval(() => {}, 1000);';

/** What a child said before its end, and how that was told. */
async function outcome(engine: EngineProcess): Promise<{ said: string[]; code: string; message: string }> {
  const said: string[] = [];
  try {
    for await (const { type } of engine.said()) said.push(type);
    return { said, code: 'none', message: '' };
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { said, code, message };
  } finally {
    await engine.end();
  }
}

test('what it says is taken line by line; that it is alive is kept back', async () => {
  const alive = `console.log('{"type":"alive"}');`;
  expect(await outcome(childOf(HELLO + alive + STEP + alive))).toEqual({
    said: ['start'],
    code: 'none',
    message: '',
  });
});

test.each([
  ['rubbish', `${HELLO}console.log('Loading weights: 100%');`, 'training.engine-garbled'],
  ['an event that does not fit', `${HELLO}console.log('{"type":"start"}');`, 'training.engine-garbled'],
  ['rubbish instead of a greeting', `console.log('Hello!');`, 'training.engine-garbled'],
  [
    'another protocol',
    `console.log('{"type":"hello","protocol":2,"engine":"peft"}');`,
    'training.engine-other-protocol',
  ],
  ['nothing', `console.error('No module named gardener_engines'); process.exit(1)`, 'training.engine-broken'],
  ['its death', `${HELLO}${STEP}process.kill(process.pid, 'SIGKILL');`, 'training.engine-died'],
  ['its death before its first word', `process.kill(process.pid, 'SIGKILL');`, 'training.engine-died'],
  ['an exit', `${HELLO}${STEP}process.exitCode = 3;`, 'training.engine-died'],
  [
    'that memory ran out',
    `${HELLO}console.log('{"type":"error","kind":"out-of-memory","message":"CUDA out of memory"}');`,
    'training.engine-out-of-memory',
  ],
  [
    'a missing library',
    `${HELLO}console.log('{"type":"error","kind":"missing-package","message":"No module named torch."}');`,
    'training.engine-broken',
  ],
])('%s is an error with its own code', async (_name, script, code) => {
  expect((await outcome(childOf(script))).code).toBe(code);
});

test('what it said on stderr tells why it could not start', async () => {
  const { message } = await outcome(childOf(`console.error('No module named torch'); process.exit(1)`));
  expect(message).toBe('The engine peft cannot start: No module named torch.');
});

test('a command that is not there cannot start', async () => {
  const engine = new EngineProcess('mlx', { command: '/nowhere/python', args: [], env: {} });
  expect((await outcome(engine)).code).toBe('training.engine-broken');
});

test('one that says nothing any more is ended', async () => {
  const hung = await outcome(childOf(HELLO + STEP + STAYS, 400));
  expect(hung.code).toBe('training.engine-hung');
});

test('a line without an end is no reason to take all memory', async () => {
  const endless = `${HELLO}setInterval(() => process.stdout.write('x'.repeat(1 << 16)), 1);`;
  expect((await outcome(childOf(endless))).code).toBe('training.engine-garbled');
});

test('it is told to stop, to wait and to go on by lines', async () => {
  const echo = `
    process.stdin.setEncoding('utf8').on('data', (text) => {
      for (const line of text.trim().split('\\n')) {
        const { type, reason = null } = JSON.parse(line);
        if (type === 'stop') process.exit(0);
        console.log(JSON.stringify(reason === null ? { type } : { type, reason }));
      }
    });`;
  const engine = childOf(HELLO + STEP + echo);
  const said: unknown[] = [];
  for await (const event of engine.said()) {
    said.push(event);
    if (event.type === 'start') engine.wait('on battery');
    if (event.type === 'wait') engine.wait(null);
    if (event.type === 'go-on') engine.stop();
  }
  expect(said.slice(1)).toEqual([{ type: 'wait', reason: 'on battery' }, { type: 'go-on' }]);
});
