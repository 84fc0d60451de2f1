import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { withLock } from '../../garden/files/file-lock.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import { inProjectFolder } from '../../garden/files/project-folder.js';
import { randomId } from '../../garden/files/random-id.js';
import { type Exchange, exchangeSchema } from './exchange.js';
import { summarise } from './summary.js';

/** Exchanges that are kept word for word; older ones are summarised. */
export const KEPT_EXCHANGES = 50;

/** The end of a longer file is read: enough for far more than the kept exchanges. */
const MAX_READ_BYTES = 16 * 2 ** 20;
const NEWLINE = 0x0a;

/** A conversation as `listConversations` shows it. */
export interface ConversationInfo {
  id: string;
  /** Last use, ms since the epoch. */
  usedMs: number;
}

/** A conversation with what it is about. */
export interface ConversationTitle extends ConversationInfo {
  /** Its first question, on one line and cut. */
  title: string;
  exchanges: number;
}

/** Conversations that are read for their titles; the one used last comes first. */
const MAX_TITLES = 100;
const MAX_TITLE_CHARACTERS = 80;

/**
 * One conversation of a project: a JSONL file that only grows. Several processes may append at once; a line that was
 * torn by a crash is passed over.
 */
export interface Conversation {
  readonly id: string;
  readonly file: string;
  /**
   * Adds an exchange; one that replaces another is read in its place. Nothing that was written is changed.
   * @throws GardenerError `garden.disk-full`, `garden.permission-denied`, `garden.busy`; `garden.unknown-project` when
   * the project was removed meanwhile
   */
  append(exchange: Exchange): Promise<void>;
  /** The last exchanges, oldest first. Defaults to 50. */
  recent(count?: number): Promise<Exchange[]>;
  /** What was said before the last 50 exchanges, extracted from their texts; null when there is no more. */
  summary(): Promise<string | null>;
}

/**
 * Opens a conversation of a project; its file is made with the first exchange.
 * @param id a conversation's id, or left out for the one used last (a new one when there is none)
 * @throws GardenerError `chat.unknown-conversation` when an id is given and there is no such file
 */
export async function openConversation(
  paths: GardenPaths,
  projectId: string,
  id?: string,
): Promise<Conversation> {
  const known = await listConversations(paths, projectId);
  if (id === undefined) return conversationOf(paths, projectId, known[0]?.id ?? randomId());
  if (known.some((conversation) => conversation.id === id)) return conversationOf(paths, projectId, id);
  throw new GardenerError('chat.unknown-conversation', `There is no conversation ${id} in this project.`, {
    remedy: 'Leave the id out to go on with the last one, or start a new one.',
    details: { id, known: known.map((conversation) => conversation.id) },
  });
}

/** A new, empty conversation; nothing is written before its first exchange. */
export function newConversation(paths: GardenPaths, projectId: string): Conversation {
  return conversationOf(paths, projectId, randomId());
}

/** The conversations of a project, the one used last first. */
export async function listConversations(paths: GardenPaths, projectId: string): Promise<ConversationInfo[]> {
  const directory = paths.conversations(projectId);
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asFilesystemError(error, directory, 'read');
  }
  const ids = names.flatMap((name) => /^([a-z0-9-]{1,64})\.jsonl$/.exec(name)?.[1] ?? []);
  const infos = await Promise.all(
    // One that is deleted meanwhile is no longer there.
    ids.map(async (id) => {
      const facts = await stat(join(directory, `${id}.jsonl`)).catch(() => null);
      return facts === null ? [] : [{ id, usedMs: facts.mtimeMs }];
    }),
  );
  return infos.flat().sort((a, b) => b.usedMs - a.usedMs || a.id.localeCompare(b.id));
}

/** The conversations used last, at most 100, each with its first question and how many there are. */
export async function listConversationTitles(
  paths: GardenPaths,
  projectId: string,
): Promise<ConversationTitle[]> {
  const titles: ConversationTitle[] = [];
  for (const info of (await listConversations(paths, projectId)).slice(0, MAX_TITLES)) {
    // One that is deleted meanwhile is no longer there.
    const exchanges = await readExchanges(join(paths.conversations(projectId), `${info.id}.jsonl`));
    if (exchanges.length > 0)
      titles.push({ ...info, title: titleOf(exchanges), exchanges: exchanges.length });
  }
  return titles;
}

/** What a conversation is about: its first question, on one line and cut; '' before there is one. */
export function titleOf(exchanges: readonly Exchange[]): string {
  const first = exchanges[0]?.question.replace(/\s+/g, ' ').trim() ?? '';
  return first.length > MAX_TITLE_CHARACTERS ? `${first.slice(0, MAX_TITLE_CHARACTERS - 1)}…` : first;
}

/** Deletes a conversation for good; says whether there was one. */
export async function removeConversation(
  paths: GardenPaths,
  projectId: string,
  id: string,
): Promise<boolean> {
  const known = await listConversations(paths, projectId);
  if (!known.some((conversation) => conversation.id === id)) return false;
  await rm(join(paths.conversations(projectId), `${id}.jsonl`), { force: true });
  return true;
}

function conversationOf(paths: GardenPaths, projectId: string, id: string): Conversation {
  const directory = paths.conversations(projectId);
  const file = join(directory, `${id}.jsonl`);
  const lock = paths.lockFile(`conversation-${projectId}-${id}`);
  return {
    id,
    file,
    async append(exchange) {
      const line = `${JSON.stringify(exchangeSchema.parse(exchange))}\n`;
      try {
        await inProjectFolder(paths, projectId, directory, () =>
          withLock(lock, () => appendLine(file, line)),
        );
      } catch (error) {
        throw asFilesystemError(error, file, 'write');
      }
    },
    async recent(count = KEPT_EXCHANGES) {
      return count <= 0 ? [] : (await readExchanges(file)).slice(-count);
    },
    async summary() {
      return summarise((await readExchanges(file)).slice(0, -KEPT_EXCHANGES));
    },
  };
}

async function appendLine(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    // A line torn by a crash is closed, so that it spoils only itself.
    const text = size > 0 && last[0] !== NEWLINE ? `\n${line}` : line;
    await handle.appendFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readExchanges(file: string): Promise<Exchange[]> {
  let text: string;
  try {
    text = await readEnd(file);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asFilesystemError(error, file, 'read');
  }
  const exchanges: Exchange[] = [];
  for (const line of text.split('\n')) {
    const exchange = parseLine(line);
    if (exchange === null) continue;
    const at =
      exchange.replaces === undefined
        ? -1
        : exchanges.findLastIndex(({ time }) => time === exchange.replaces);
    if (at >= 0) exchanges[at] = exchange;
    else exchanges.push(exchange);
  }
  return exchanges;
}

async function readEnd(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, MAX_READ_BYTES);
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await handle.read(bytes, read, length - read, size - length + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return bytes.toString('utf8', 0, read);
  } finally {
    await handle.close();
  }
}

function parseLine(line: string): Exchange | null {
  if (line.trim() === '') return null;
  try {
    const parsed = exchangeSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
