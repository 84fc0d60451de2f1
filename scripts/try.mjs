// npm run try [-- <path>]: the whole job once, on this repository or on the codebase at <path>, with the built command
// line and the real data directory, so that what it made is there afterwards.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUDGET = process.env.GARDENER_TRY_BUDGET ?? '3m';
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const gardener = join(root, 'packages', 'gardener', 'bin', 'gardener.js');
const isOwn = process.argv[2] === undefined;
const path = isOwn ? root : resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2]);
const startMs = Date.now();

// The children get Ctrl-C from the terminal as well and say what goes on; this process only waits for them.
process.on('SIGINT', () => undefined);

if (!existsSync(join(root, 'packages', 'gardener', 'dist', 'cli', 'main.js'))) {
  fail('The command line is not built.', 'npm ci (or npm run build)');
}
const settings = await capture(['models', 'list', '--json']);
const wanted = settings.filter((model) => model.isDefault);

step('Models: fetched once, checked by their sha256');
for (const model of wanted) await run(['models', 'pull', model.id]);

step(`Index and train, ${BUDGET} for training and evaluation`);
const known = (await capture(['list', '--json'])).find(({ project }) => project.path === real(path));
if (known === undefined)
  await run(['add', path, '--budget', BUDGET, '--wait', ...(isOwn ? ['--name', await freeName()] : [])]);
else await goOn(known);
const { project, adapter, training } = await capture(['status', known?.project.id ?? path, '--json']);

step('Which model answers');
say(adapter.promoted ? 'The adapter was promoted: it answers from now on.' : 'The base model answers.');
say((adapter.reason ?? training.reason ?? '').trim());

step('A question');
const question = isOwn
  ? 'How does the gate decide whether an adapter is promoted?'
  : 'What are the main parts of this codebase?';
say(`> ${question}\n`);
await run(['ask', question, '--project', project.id]);

step(`Done in ${minutes(Date.now() - startMs)}. What to do next`);
say(`  npx gardener ask "…"               ask something else (${project.name} is the active project)`);
say('  npx gardener chat                  a conversation');
say('  npx gardener search "…"            find code by what it does');
say(`  npx gardener train ${project.name} --budget 20m   longer training, a better adapter`);
say('  npx gardener add ~/code/yours      your own codebase');

/** A second try: what is under way is waited for, else the index is renewed and a new adapter trained. */
async function goOn({ project, training }) {
  say(`${project.name} is already a project.`);
  if (training.status === 'paused') await run(['resume', project.id]);
  const isUnderWay = ['queued', 'preparing', 'training', 'evaluating', 'paused'].includes(training.status);
  if (!isUnderWay) await run(['train', project.id, '--budget', BUDGET, '--wait']);
  else await waitFor(project.id);
}

async function waitFor(id) {
  say('It is at work already; this waits for it.');
  for (;;) {
    const { training } = await capture(['status', id, '--json']);
    if (['completed', 'failed', 'cancelled', 'not_started'].includes(training.status)) break;
    const facts = training.steps ? `step ${training.step} of ${training.steps}` : '';
    say(`${training.status} ${facts}`);
    await new Promise((wake) => setTimeout(wake, 5_000));
  }
  await run(['status', id]);
}

// The folder of a checkout may be called anything, and another project may be called the same.
async function freeName() {
  const taken = (await capture(['list', '--json'])).map(({ project }) => project.name);
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? 'codebase-gardener' : `codebase-gardener-${n}`;
    if (!taken.includes(name)) return name;
  }
}

/** Runs a command in view of the user; its failure, which it has told itself, ends this. */
async function run(commandArguments) {
  const code = await ended(spawn(process.execPath, [gardener, ...commandArguments], { stdio: 'inherit' }));
  if (code !== 0) process.exit(code);
}

async function capture(commandArguments) {
  const child = spawn(process.execPath, [gardener, ...commandArguments], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  const code = await ended(child);
  if (code !== 0) process.exit(code);
  return JSON.parse(text);
}

function ended(child) {
  return new Promise((settle, reject) => {
    child.once('error', reject);
    child.once('close', (code) => settle(code ?? 1));
  });
}

function step(title) {
  step.number = (step.number ?? 0) + 1;
  say(`\n${step.number}. ${title}\n`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function fail(message, remedy) {
  process.stderr.write(`error: ${message}\ntry: ${remedy}\n`);
  process.exit(1);
}

function real(folder) {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function minutes(durationMs) {
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
}
