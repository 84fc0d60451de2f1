// Replays real edits: at moments while a line was typed, what is suggested is compared with what was typed next.
//   node --conditions=source --import tsx bench/completion/completion.bench.ts --repository DIR --base FILE
//     [--data DIR] [--under FOLDER] [--commits 60] [--lines 40] [--retrieval off] [--plain off] [--minutes 3]
// Beside it in the same run: the same model asked as llama.cpp's own server asks it (text before, text after, nothing
// else). One JSON object a moment, the summary last.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Assistant } from '../../packages/gardener/src/chat/assistant.js';
import { CodeCompleter } from '../../packages/gardener/src/chat/completion/code-completer.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import type { ProjectRecord } from '../../packages/gardener/src/garden/project-record.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { type Moment, replayOf } from './replay.js';

const { values } = parseArgs({
  options: {
    repository: { type: 'string' },
    base: { type: 'string', default: 'smollm2-135m-instruct' },
    data: { type: 'string' },
    under: { type: 'string', default: '.' },
    commits: { type: 'string', default: '60' },
    lines: { type: 'string', default: '40' },
    minutes: { type: 'string', default: '3' },
    retrieval: { type: 'string', default: 'on' },
    /** `off` asks only us: more moments in the same time. */
    plain: { type: 'string', default: 'on' },
  },
});
const MAX_TOKENS = 48;
/** As many characters of the file as llama.vim sends lines of it. */
const PLAIN_BEFORE = 6_000;
const PLAIN_AFTER = 1_500;

/** What was suggested at a moment; `plain` is null where it was not asked for. */
interface Answered {
  moment: Moment;
  ours: Asked;
  plain: Asked | null;
}

interface Asked {
  text: string;
  ms: number;
  confidence: number | null;
  cachedTokens: number;
  promptTokens: number;
}

const root = values.data ?? mkdtempSync(join(tmpdir(), 'gardener-completion-'));
const { base, moments } = replayOf(values.repository ?? '.', Number(values.commits), Number(values.lines));
const garden = await openGarden({ dataDir: join(root, 'data'), settings: { logLevel: 'silent' } });
const assistant = new Assistant(garden);
try {
  const project = await indexedAt(base);
  const completer = new CodeCompleter(assistant, garden);
  await assistant.prepare(project);
  const endsAt = performance.now() + Number(values.minutes) * 60_000;
  const rows: Answered[] = [];
  for (const moment of moments) {
    if (performance.now() > endsAt) break;
    const ours = await askUs(completer, project, moment);
    const plain = values.plain === 'off' ? null : await askPlainly(project, moment);
    rows.push({ moment, ours, plain });
    const { path, turn, rest } = moment;
    process.stdout.write(`${JSON.stringify({ path, turn, rest, ours, plain })}\n`);
  }
  process.stdout.write(`${JSON.stringify({ summary: summaryOf(rows) })}\n`);
} finally {
  await assistant.close();
  if (values.data === undefined) rmSync(root, { recursive: true, force: true });
}

/** The codebase as it was before the edits, indexed. */
async function indexedAt(commit: string): Promise<ProjectRecord> {
  const code = join(root, 'code');
  const known = (await garden.registry.list()).find(({ path }) => path === code);
  if (known !== undefined) return known;
  mkdirSync(code, { recursive: true });
  const archive = execFileSync('git', ['-C', values.repository ?? '.', 'archive', commit, values.under], {
    maxBuffer: 1 << 29,
  });
  execFileSync('tar', ['-x', '-C', code], { input: archive });
  const project = await garden.registry.add({ name: 'replay', path: code, baseModel: values.base });
  const { value: embedder, release } = await assistant.useEmbedder();
  const index = new ProjectIndex(garden.paths, project.id);
  await index.update(chunkCodebase(code), embedder, { root: code });
  index.close();
  release();
  return project;
}

async function askUs(completer: CodeCompleter, project: ProjectRecord, moment: Moment): Promise<Asked> {
  const start = performance.now();
  const asked = { text: '', ms: 0, confidence: null as number | null, cachedTokens: 0, promptTokens: 0 };
  const { path, before, after } = moment;
  const request = {
    code: { path, before, after },
    // As every editor's requests: related code is looked for once a region, not at every key.
    client: 'replay',
    maxTokens: MAX_TOKENS,
    retrieval: values.retrieval !== 'off',
  };
  for await (const event of completer.complete({ project, baseModel: project.baseModel }, request)) {
    if (event.type === 'text') asked.text += event.text;
    else {
      const { confidence, cachedTokens, promptTokens } = event;
      Object.assign(asked, { confidence, cachedTokens, promptTokens });
    }
  }
  return { ...asked, ms: performance.now() - start };
}

/** The text around the cursor and nothing else, up to the end of the line, as a plain server would be asked. */
async function askPlainly(project: ProjectRecord, { before, after }: Moment): Promise<Asked> {
  const start = performance.now();
  const asked = { text: '', ms: 0, confidence: null, cachedTokens: 0, promptTokens: 0 };
  const from = before.indexOf('\n', before.length - PLAIN_BEFORE) + 1;
  const ask = async (suffix: string | undefined) => {
    const events = assistant.complete(
      { project, baseModel: project.baseModel, adapter: 'base' },
      {
        prompt: before.length > PLAIN_BEFORE ? before.slice(from) : before,
        ...(suffix !== undefined && { suffix }),
        maxTokens: MAX_TOKENS,
        isDone: (text) => text.trimStart() !== '' && text.includes('\n'),
      },
    );
    for await (const event of events) {
      if (event.type === 'text') asked.text += event.text;
      else asked.promptTokens = event.promptTokens;
    }
  };
  try {
    await ask(after.slice(0, PLAIN_AFTER));
  } catch {
    await ask(undefined);
  }
  return { ...asked, ms: performance.now() - start };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}

function summaryOf(rows: readonly Answered[]) {
  const side = (asked: { moment: Moment; answer: Asked }[]) => {
    const right = asked.filter(({ moment, answer }) => firstLine(answer.text) === moment.rest.trim());
    const typed = asked.reduce((sum, { moment }) => sum + moment.rest.trim().length, 0);
    const saved = right.reduce((sum, { moment }) => sum + moment.rest.trim().length, 0);
    const shown = asked.filter(({ answer }) => answer.text.trim() !== '').length;
    // What follows another moment in the same line finds its prompt in memory; the first one pays for the new place.
    const times = (turns: (turn: number) => boolean) =>
      quantiles(asked.filter(({ moment }) => turns(moment.turn)).map(({ answer }) => answer.ms));
    return {
      shown: shown / asked.length,
      rightFirstLine: right.length / asked.length,
      rightOfShown: right.length / Math.max(1, shown),
      charactersSaved: saved / Math.max(1, typed),
      firstMs: times((turn) => turn === 0),
      warmMs: times((turn) => turn > 0),
    };
  };
  const plain = rows.flatMap(({ moment, plain }) => (plain === null ? [] : [{ moment, answer: plain }]));
  return {
    moments: rows.length,
    base: values.base,
    retrieval: values.retrieval,
    ours: side(rows.map(({ moment, ours }) => ({ moment, answer: ours }))),
    plain: plain.length === 0 ? null : side(plain),
    atConfidence: [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8].map((least) => {
      const kept = rows.filter(({ ours }) => ours.text !== '' && (ours.confidence ?? 0) >= least);
      const right = kept.filter(({ ours, moment }) => firstLine(ours.text) === moment.rest.trim());
      return { least, shown: kept.length / rows.length, right: right.length / Math.max(1, kept.length) };
    }),
  };
}

function quantiles(times: number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
