import { rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type * as LanceDb from '@lancedb/lancedb';
import type * as Arrow from 'apache-arrow';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { CANDIDATE_COLUMNS, CHUNK_COLUMNS, type ChunkRow } from './chunk-row.js';
import { INDEX_SCHEMA_VERSION } from './manifest.js';
import { sqlIn } from './sql.js';

/** A row as a query returns it; {@link rowIdOf} names it. */
export type StoredRow = Record<string, unknown>;

/** Scores by row id, best first. */
export type ScoredRows = Map<string, number>;

const ROW_ID = '_rowid';
/** Names a row of the table until an update replaces it. */
export const rowIdOf = (row: StoredRow) => String(row[ROW_ID]);

/** What the table holds of one file. */
export interface StoredFile {
  /** What the rows were made of, as they say themselves. */
  hash: string;
  chunks: number;
}

/** A reader meets "Not found" while another process removes old versions: it looks for the latest and asks again. */
const READ_ATTEMPTS = 5;
const RETRY_DELAY_MS = 25;
/** An update of less than this share of the rows is small; so many versions may gather before small ones are compacted too. */
const SMALL_UPDATE_SHARE = 0.02;
const MAX_VERSIONS = 16;

/** From so many rows on, looking at every vector takes longer than a search may; fewer are compared one by one, exactly. */
const INDEX_FROM_ROWS = 20_000;
/** Cells of the vector index that are looked into, of about the square root of the rows: see bench/search for what that finds. */
const PROBES = 24;
/** The vector index keeps what is deleted: made anew when it is so many times as large as the rows that are there need. */
const MAX_VECTOR_INDEX_GROWTH = 1.5;

/** What LanceDB keeps in memory of its indexes and of the tables' descriptions; its own limits are 6 and 1 GB. */
const INDEX_CACHE_BYTES = BigInt(256 * 2 ** 20);
const METADATA_CACHE_BYTES = BigInt(64 * 2 ** 20);

/** What LanceDB says when the question is wrong, not the table. */
const BAD_QUESTION = /invalid user input|invalid input|invalid argument/i;

/**
 * The chunks table of one project and one embedding model: vectors, keyword index and filters. The model's name is part
 * of the table's name, so vectors of two models are never in one table. The only importer of LanceDB.
 *
 * Any number of processes may read while one writes: every read sees the latest committed version, and every write is
 * one commit. Writers must hold the project's index lock.
 */
export class ChunkStore {
  readonly #directory: string;
  readonly #tableName: string;
  #database: LanceDb.Connection | null = null;
  #table: LanceDb.Table | null = null;

  constructor(directory: string, embeddingModel: string) {
    this.#directory = directory;
    this.#tableName = tableNameOf(embeddingModel);
  }

  /** Whether the table is there. */
  async exists(): Promise<boolean> {
    const database = await this.#connect();
    return (await database.tableNames({ limit: 1000 })).includes(this.#tableName);
  }

  /** Creates the table, for vectors of `dimension`, when it is not there. */
  async create(dimension: number): Promise<void> {
    const { Index } = await lanceDb();
    const database = await this.#connect();
    // Made here also where it is not needed: its library is then loaded before the first edit waits for it.
    const schema = await schemaOf(dimension);
    if (await this.exists()) return;
    this.#table = await database.createEmptyTable(this.#tableName, schema);
    await this.#table.createIndex('keywords', {
      config: Index.fts({
        withPosition: false,
        baseTokenizer: 'simple',
        lowercase: true,
        stem: true,
        language: 'English',
        removeStopWords: true,
        asciiFolding: true,
        maxTokenLength: 64,
      }),
    });
  }

  /**
   * Replaces all rows of `paths` by `rows` in one commit: a reader sees the old rows or the new ones.
   * Rows must belong to those paths.
   */
  async replace(paths: readonly string[], rows: readonly ChunkRow[]): Promise<void> {
    const table = await this.#open();
    const [first] = rows;
    if (first === undefined) {
      await table.delete(sqlIn('path', paths));
      return;
    }
    const { makeArrowTable } = await lanceDb();
    const data = makeArrowTable(rows as unknown as Record<string, unknown>[], {
      schema: await schemaOf(first.vector.length),
    });
    await table
      .mergeInsert('id')
      .whenMatchedUpdateAll()
      .whenNotMatchedInsertAll()
      .whenNotMatchedBySourceDelete({ where: sqlIn('path', paths) })
      .execute(data);
  }

  /** Every file that has rows, by path. */
  async files(): Promise<Map<string, StoredFile>> {
    return this.#read(async (table) => {
      const files = new Map<string, StoredFile>();
      for await (const batch of table.query().select(['path', 'fileHash'])) {
        const [paths, hashes] = [batch.getChild('path'), batch.getChild('fileHash')];
        for (let row = 0; row < batch.numRows; row++) {
          const path = String(paths?.get(row));
          const file = files.get(path);
          if (file === undefined) files.set(path, { hash: String(hashes?.get(row)), chunks: 1 });
          else file.chunks++;
        }
      }
      return files;
    });
  }

  /**
   * Rows nearest to `vector`, nearest first, with their cosine, since all vectors are of length 1.
   * @param options.exact looks at every row, also where there is a vector index
   */
  async nearest(
    vector: Float32Array,
    limit: number,
    where: string | null,
    { exact = false }: { exact?: boolean } = {},
  ): Promise<ScoredRows> {
    const ask = (isExact: boolean) =>
      this.#read(async (table) => {
        const query = table.query().nearestTo(vector).distanceType('dot');
        if (isExact) query.bypassVectorIndex();
        else query.nprobes(PROBES);
        if (where !== null) query.where(where);
        return scoredRows(query.limit(limit), '_distance', (distance) => 1 - distance);
      });
    const found = await ask(exact);
    // A narrow filter leaves the nearest cells empty, and few rows to look at one by one.
    return where !== null && !exact && found.size < limit ? ask(true) : found;
  }

  /** Rows that hold words of `words` with their BM25 score, best first. Nothing in `words` is syntax. */
  async matching(words: string, limit: number, where: string | null): Promise<ScoredRows> {
    const { MatchQuery } = await lanceDb();
    return this.#read(async (table) => {
      const query = table.query().fullTextSearch(new MatchQuery(words, 'keywords'));
      if (where !== null) query.where(where);
      return scoredRows(query.limit(limit), '_score', (score) => score);
    });
  }

  /** Rows that meet a filter, in no order, with what a search ranks by. */
  async where(filter: string, limit: number): Promise<StoredRow[]> {
    return this.#read((table) =>
      plainRows(table.query().where(filter).limit(limit), [...CANDIDATE_COLUMNS, ROW_ID]),
    );
  }

  /** What a search ranks by of these rows, in no order. Rows that an update has replaced since they were found are left out. */
  async candidates(rowIds: readonly string[]): Promise<StoredRow[]> {
    return this.#taken(rowIds, CANDIDATE_COLUMNS);
  }

  /** What makes chunks of these rows beside what {@link candidates} gives; else as that. */
  async chunks(rowIds: readonly string[]): Promise<StoredRow[]> {
    return this.#taken(rowIds, CHUNK_COLUMNS);
  }

  /** By place, which is never used again while the table is there: the row at it is the one that was found, or gone. */
  async #taken(rowIds: readonly string[], columns: readonly string[]): Promise<StoredRow[]> {
    if (rowIds.length === 0) return [];
    return this.#read((table) => plainRows(table.takeRowIds(rowIds.map(BigInt)), [...columns, ROW_ID]));
  }

  /** Reads every column of every row once, so that damage anywhere in the table is met. */
  async verify(): Promise<void> {
    await this.#read(async (table) => {
      for await (const _batch of table.query()) {
        // reading is the test
      }
    });
    await this.matching('verify', 1, null);
  }

  /**
   * Brings the keyword index up to date, merges small files, and removes versions that are no longer the latest. After a small
   * update it waits for more of them: rows that are not in the keyword index yet are scanned, and an edit is searchable sooner.
   * @param writtenRows rows that were written or taken out since the last call
   */
  async compact(writtenRows: number): Promise<void> {
    const table = await this.#open();
    const isSmall = writtenRows < (await table.countRows()) * SMALL_UPDATE_SHARE;
    if (isSmall && (await table.listVersions()).length <= MAX_VERSIONS) return;
    await this.#indexColumns(table);
    // Readers of an old version retry on the latest one (#read), so old versions need not be kept for them.
    await table.optimize({ cleanupOlderThan: new Date(), deleteUnverified: true });
  }

  /** Makes the indexes that only a large table needs; once they are there, `optimize` keeps them up to date. */
  async #indexColumns(table: LanceDb.Table): Promise<void> {
    const rows = await table.countRows();
    if (rows < INDEX_FROM_ROWS) return;
    const { Index } = await lanceDb();
    const indices = await table.listIndices();
    const present = new Set(indices.flatMap(({ columns }) => columns));
    const vectors = indices.find(({ columns }) => columns.includes('vector'));
    // `optimize` adds to it and takes nothing out.
    if (vectors?.sizeBytes && vectors.sizeBytes > MAX_VECTOR_INDEX_GROWTH * rows * (await vectorBytes(table)))
      present.delete('vector');
    const wanted = {
      // The same as cosine for unit vectors, and five times as fast.
      vector: Index.ivfFlat({ distanceType: 'dot', numPartitions: Math.round(Math.sqrt(rows)) }),
      id: Index.btree(),
      symbolName: Index.btree(),
      path: Index.btree(),
      fileName: Index.btree(),
      language: Index.bitmap(),
      kind: Index.bitmap(),
    };
    for (const [column, config] of Object.entries(wanted)) {
      if (!present.has(column)) await table.createIndex(column, { config });
    }
  }

  /** Brings the keyword index up to date while more rows are to come. */
  async refreshKeywords(): Promise<void> {
    const table = await this.#open();
    await table.optimize({ cleanupOlderThan: new Date() });
  }

  /** Moves a damaged table out of the way; one damaged copy is kept, an older one is removed. */
  async setAside(): Promise<string> {
    this.close();
    const aside = join(this.#directory, 'damaged-chunks');
    await rm(aside, { recursive: true, force: true });
    await rename(join(this.#directory, `${this.#tableName}.lance`), aside);
    return aside;
  }

  /** Removes the tables of other embedding models and of older schema versions. */
  async dropOthers(): Promise<void> {
    const database = await this.#connect();
    for (const name of await database.tableNames({ limit: 1000 })) {
      if (name !== this.#tableName) await database.dropTable(name);
    }
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

  async #open(): Promise<LanceDb.Table> {
    if (this.#table === null) this.#table = await (await this.#connect()).openTable(this.#tableName);
    return this.#table;
  }

  async #read<Result>(question: (table: LanceDb.Table) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await question(await this.#open());
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        if (BAD_QUESTION.test(message)) throw cause;
        if (attempt === READ_ATTEMPTS) throw damaged(this.#directory, cause);
        this.close();
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS * 2 ** attempt));
      }
    }
  }
}

/** What one vector takes in the vector index: its numbers, and where its row is. */
async function vectorBytes(table: LanceDb.Table): Promise<number> {
  const field = (await table.schema()).fields.find(({ name }) => name === 'vector');
  const dimension = (field?.type as Arrow.FixedSizeList | undefined)?.listSize ?? 0;
  return dimension * Float32Array.BYTES_PER_ELEMENT + 8;
}

/**
 * LanceDB warns on stderr about its own deprecations; nothing a user could act on. It leaves two cores to reading, and on two cores
 * that leaves one thread for all that computes, which it says not to support: merging the keyword index then sometimes never ended.
 */
async function lanceDb(): Promise<typeof LanceDb> {
  process.env.RUST_LOG ??= 'error';
  process.env.LANCE_CPU_THREADS ??= String(Math.max(2, availableParallelism() - 2));
  return import('@lancedb/lancedb');
}

function damaged(directory: string, cause: unknown): GardenerError {
  return new GardenerError(
    'retrieval.damaged-index',
    'The index of this project is damaged and cannot be read.',
    {
      remedy: 'Run `gardener refresh` on the project: it rebuilds the index from the files.',
      details: { directory },
      cause,
    },
  );
}

function tableNameOf(embeddingModel: string): string {
  return `chunks-v${INDEX_SCHEMA_VERSION}-${embeddingModel.replace(/[^A-Za-z0-9_.-]/g, '_')}`;
}

/** Rows as objects of our own: read by columns, since Arrow's own rows look for every value by its column's name. */
async function plainRows(
  query: LanceDb.Query | LanceDb.TakeQuery,
  columns: readonly string[],
): Promise<StoredRow[]> {
  const table = await query
    .withRowId()
    .select(columns.filter((column) => column !== ROW_ID))
    .toArrow();
  const rows: StoredRow[] = Array.from({ length: table.numRows }, () => ({}));
  for (const column of columns) {
    const values = table.getChild(column);
    if (values === null) continue;
    for (const [place, row] of rows.entries()) row[column] = values.get(place);
  }
  return rows;
}

/** Only where rows are and how well they fit: what is in them is read once, for those that two rankings found together. */
async function scoredRows(
  query: LanceDb.Query | LanceDb.VectorQuery,
  column: string,
  score: (value: number) => number,
): Promise<ScoredRows> {
  const table = await query.withRowId().select([column]).toArrow();
  const [ids, values] = [table.getChild(ROW_ID), table.getChild(column)];
  const scores: ScoredRows = new Map();
  for (let row = 0; row < table.numRows; row++)
    scores.set(String(ids?.get(row)), score(Number(values?.get(row))));
  return scores;
}

async function schemaOf(dimension: number): Promise<Arrow.Schema> {
  const { Field, FixedSizeList, Float32, Float64, Int32, Schema, Utf8 } = await import('apache-arrow');
  const text = (name: string) => new Field(name, new Utf8(), false);
  return new Schema([
    text('id'),
    text('path'),
    text('fileName'),
    text('fileHash'),
    new Field('fileModifiedMs', new Float64(), false),
    ...['language', 'kind', 'symbol', 'symbolName'].map(text),
    new Field('startLine', new Int32(), false),
    new Field('endLine', new Int32(), false),
    ...['text', 'keywords', 'metadata', 'contentHash'].map(text),
    new Field('vector', new FixedSizeList(dimension, new Field('item', new Float32(), true)), false),
  ]);
}
