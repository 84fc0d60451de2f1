import { rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type * as LanceDb from '@lancedb/lancedb';
import type * as Arrow from 'apache-arrow';
import pRetry from 'p-retry';
import { damagedIndex } from './damaged-index.js';

/**
 * A reader gets "Not found" when another process has just removed the version it reads: it then opens the latest one
 * and asks again.
 */
const READ_RETRIES = 4;
const FIRST_RETRY_DELAY_MS = 50;

/** What LanceDB keeps in memory of its indexes and of the tables' descriptions; its own limits are 6 and 1 GB. */
const INDEX_CACHE_BYTES = BigInt(256 * 2 ** 20);
const METADATA_CACHE_BYTES = BigInt(64 * 2 ** 20);

/** What LanceDB says when the question is wrong, not the table. */
const BAD_QUESTION = /invalid user input|invalid input|invalid argument/i;
/** The same when a regular expression in a condition is none of Rust's, or too large. */
const REFUSED_EXPRESSION = /regular expression did not compile/i;

/** More tables than a folder ever holds: one for each embedding model that was tried. */
const MAX_TABLES = 1_000;

/**
 * Loads LanceDB. It warns on stderr about its own deprecations, which no user could act on. It gives two cores to
 * reading; on a machine with two that leaves one thread to compute, which it says not to support: merging the keyword
 * index then sometimes never ended.
 */
export async function lanceDb(): Promise<typeof import('./lance-db.js')> {
  process.env.RUST_LOG ??= 'error';
  process.env.LANCE_CPU_THREADS ??= String(Math.max(2, availableParallelism() - 2));
  return import('./lance-db.js');
}

/** A table in a folder of LanceDB, opened when it is first needed. */
export class LanceTable {
  readonly #directory: string;
  readonly #name: string;
  #database: LanceDb.Connection | null = null;
  #table: LanceDb.Table | null = null;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** Whether the table is there. */
  async exists(): Promise<boolean> {
    const database = await this.#connect();
    return (await database.tableNames({ limit: MAX_TABLES })).includes(this.#name);
  }

  /** Makes the table, which must not be there. */
  async create(schema: Arrow.Schema): Promise<LanceDb.Table> {
    this.#table = await (await this.#connect()).createEmptyTable(this.#name, schema);
    return this.#table;
  }

  /** The table itself, for writers. */
  async open(): Promise<LanceDb.Table> {
    if (this.#table === null) this.#table = await (await this.#connect()).openTable(this.#name);
    return this.#table;
  }

  /**
   * Asks the table, and again when what was read has been replaced meanwhile.
   * @throws GardenerError `retrieval.damaged-index`; what LanceDB throws where the question is wrong
   */
  async read<Result>(question: (table: LanceDb.Table) => Promise<Result>): Promise<Result> {
    let asked: LanceDb.Table | null = null;
    const ask = async () => {
      asked = null;
      asked = await this.open();
      return question(asked);
    };
    try {
      return await pRetry(ask, {
        retries: READ_RETRIES,
        minTimeout: FIRST_RETRY_DELAY_MS,
        shouldRetry: ({ error }) => !isBadQuestion(error),
        onFailedAttempt: ({ error }) => {
          if (!isBadQuestion(error) && this.#table === asked) this.#forget();
        },
      });
    } catch (cause) {
      if (isBadQuestion(cause)) throw cause;
      throw damagedIndex(this.#directory, cause);
    }
  }

  /** Moves a damaged table out of the way; one damaged copy is kept, an older one is removed. */
  async setAside(): Promise<void> {
    this.close();
    const aside = join(this.#directory, 'damaged-chunks');
    await rm(aside, { recursive: true, force: true });
    await rename(join(this.#directory, `${this.#name}.lance`), aside);
  }

  /** Removes all other tables of the folder. */
  async dropOthers(): Promise<void> {
    const database = await this.#connect();
    for (const name of await database.tableNames({ limit: MAX_TABLES })) {
      if (name !== this.#name) await database.dropTable(name);
    }
  }

  /** The next call opens the table again; what others are asking of it or making meanwhile is not cut off. */
  #forget(): void {
    this.#table = null;
    this.#database = null;
  }

  /** Lets go of the table; the next call opens it again. */
  close(): void {
    this.#table?.close();
    this.#database?.close();
    this.#table = null;
    this.#database = null;
  }

  async #connect(): Promise<LanceDb.Connection> {
    if (this.#database === null) {
      const { connect, Session } = await lanceDb();
      const session = new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES);
      // A handle is a snapshot unless the interval is 0: then every read looks for the latest version first.
      this.#database = await connect(this.#directory, { readConsistencyInterval: 0, session });
    }
    return this.#database;
  }
}

/** Whether LanceDB has refused a regular expression in the condition of a question. */
export function isRefusedExpression(error: unknown): error is Error {
  return error instanceof Error && REFUSED_EXPRESSION.test(error.message);
}

function isBadQuestion(error: unknown): boolean {
  return isRefusedExpression(error) || (error instanceof Error && BAD_QUESTION.test(error.message));
}
