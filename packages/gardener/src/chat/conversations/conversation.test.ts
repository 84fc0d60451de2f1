import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import {
  listConversations,
  listConversationTitles,
  newConversation,
  openConversation,
  removeConversation,
} from './conversation.js';
import { makeExchange } from './exchange.fixture.js';

let root: string;
let paths: GardenPaths;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-chat-'));
  paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
});
afterEach(async () => {
  await chmod(root, 0o700);
  await rm(root, { recursive: true, force: true });
});

describe('a conversation', () => {
  it('gives back what was appended, word for word', async () => {
    const conversation = await openConversation(paths, 'p');
    expect(await conversation.recent()).toEqual([]);
    expect(await conversation.summary()).toBeNull();
    const exchanges = ['a', 'zwei\nZeilen "é" 漢字\u2028', 'c'].map((question) => makeExchange(question));
    for (const exchange of exchanges) await conversation.append(exchange);
    const again = await openConversation(paths, 'p', conversation.id);
    expect(await again.recent()).toEqual(exchanges);
    expect(await again.recent(1)).toEqual(exchanges.slice(2));
  });

  it('keeps the last 50 and summarises what came before', async () => {
    const conversation = newConversation(paths, 'p');
    for (let n = 0; n < 65; n++) await conversation.append(makeExchange(`question ${n}`));
    const recent = await conversation.recent();
    expect(recent).toHaveLength(50);
    expect(recent[0]?.question).toBe('question 15');
    const summary = await conversation.summary();
    expect(summary).toContain('- question 14 → About question 14.');
    expect(summary).not.toContain('And more');
    expect(summary).toContain('(3 older questions left out)');
    expect(summary).not.toContain('question 15');
  });

  it('reads an answer made anew in the place of the old one, whoever wrote meanwhile', async () => {
    const conversation = newConversation(paths, 'p');
    const at = (second: number, question: string, answer: string) => ({
      ...makeExchange(question, answer),
      time: `2026-01-01T00:00:0${second}.000Z`,
    });
    await conversation.append(at(1, 'a', 'first'));
    await conversation.append(at(2, 'b', 'old'));
    const other = await openConversation(paths, 'p', conversation.id);
    await other.append(at(3, 'c', 'other'));
    await conversation.append({ ...at(4, 'b', 'new'), replaces: '2026-01-01T00:00:02.000Z' });
    expect((await conversation.recent()).map(({ answer }) => answer)).toEqual(['first', 'new', 'other']);
    expect(await readFile(conversation.file, 'utf8')).toContain('old');
    await conversation.append({ ...at(5, 'b', 'newest'), replaces: '2026-01-01T00:00:04.000Z' });
    expect((await conversation.recent()).map(({ answer }) => answer)).toEqual(['first', 'newest', 'other']);
  });

  it('is listed with its first question and its length', async () => {
    const conversation = newConversation(paths, 'p');
    await conversation.append(makeExchange(`what\n is ${'x'.repeat(100)}`));
    await conversation.append(makeExchange('b'));
    await writeFile(conversation.file.replace(conversation.id, 'empty'), '');
    const titles = await listConversationTitles(paths, 'p');
    expect(titles).toMatchObject([{ id: conversation.id, exchanges: 2 }]);
    expect(titles[0]?.title).toMatch(/^what is x{71}…$/);
  });

  it('passes over a torn last line, and the next one is whole', async () => {
    const conversation = newConversation(paths, 'p');
    await conversation.append(makeExchange('a'));
    await appendFile(conversation.file, JSON.stringify(makeExchange('torn')).slice(0, 60));
    expect((await conversation.recent()).map(({ question }) => question)).toEqual(['a']);
    await conversation.append(makeExchange('b'));
    expect((await conversation.recent()).map(({ question }) => question)).toEqual(['a', 'b']);
  });

  it('passes over lines that are not its own', async () => {
    const conversation = newConversation(paths, 'p');
    await conversation.append(makeExchange('a'));
    await appendFile(conversation.file, '[]\nnull\n{"question":1}\n\n\u0000\n');
    expect(await conversation.recent()).toHaveLength(1);
  });

  it('takes two processes at once without losing or mixing a line', async () => {
    const conversation = newConversation(paths, 'p');
    await conversation.append(makeExchange('first'));
    const entry = new URL('./conversation-writer.fixture.js', import.meta.url);
    const codes = await Promise.all(
      ['x', 'y'].map(
        (name) =>
          new Promise((resolve) =>
            spawnEntry(entry, [root, conversation.id, name, '20'], { stdio: 'inherit' }).on('close', resolve),
          ),
      ),
    );
    expect(codes).toEqual([0, 0]);
    const lines = (await readFile(conversation.file, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(41);
    const questions = lines.map((line) => (JSON.parse(line) as { question: string }).question);
    for (const name of ['x', 'y']) {
      const own = questions.filter((question) => question.startsWith(name));
      expect(own).toEqual(Array.from({ length: 20 }, (_, n) => `${name}-${n}`));
    }
  });
});

describe('the conversations of a project', () => {
  it('opens the one used last, and lists and removes them', async () => {
    const [a, b] = [newConversation(paths, 'p'), newConversation(paths, 'p')];
    await a.append(makeExchange('a'));
    await b.append(makeExchange('b'));
    await utimes(b.file, 1, 1);
    expect((await listConversations(paths, 'p')).map(({ id }) => id)).toEqual([a.id, b.id]);
    expect((await openConversation(paths, 'p')).id).toBe(a.id);
    expect(await removeConversation(paths, 'p', a.id)).toBe(true);
    expect(await removeConversation(paths, 'p', '../x')).toBe(false);
    expect((await openConversation(paths, 'p')).id).toBe(b.id);
    expect(await listConversations(paths, 'other')).toEqual([]);
  });

  it.each(['none', '../../etc/passwd', ''])('refuses the id %j', async (id) => {
    await expect(openConversation(paths, 'p', id)).rejects.toMatchObject({
      code: 'chat.unknown-conversation',
    });
  });

  it('does not bring back a project that was removed while the answer was made', async () => {
    const conversation = newConversation(paths, 'p');
    await rm(paths.project('p'), { recursive: true });
    await expect(conversation.append(makeExchange('a'))).rejects.toMatchObject({
      code: 'garden.unknown-project',
    });
    expect(await readdir(paths.projects)).toEqual([]);
  });

  it('says when it cannot write', async () => {
    await writeFile(paths.conversations('p'), 'in the way');
    await expect(newConversation(paths, 'p').append(makeExchange('a'))).rejects.toMatchObject({
      code: expect.stringMatching(/^garden\./),
      remedy: expect.any(String),
    });
  });
});
