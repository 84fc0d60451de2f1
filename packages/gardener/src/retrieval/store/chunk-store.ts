import { CANDIDATE_COLUMNS, CHUNK_COLUMNS, type ChunkRow, chunkSchema } from './chunk-row.js';
import { LanceTable, lanceDb } from './lance-table.js';
import { INDEX_SCHEMA_VERSION } from './manifest.js';
import { sqlIn } from './sql.js';
import { compactTable, createKeywordIndex } from './table-indexes.js';
import { plainRows, ROW_ID, type ScoredRows, type StoredRow, scoredRows } from './table-rows.js';

/** What the table holds of one file. */
export interface StoredFile {
  /** What the rows were made of, as they say themselves. */
  hash: string;
  chunks: number;
}

/** The text of a row and where it stands. */
export interface StoredText {
  path: string;
  language: string;
  /** Qualified name, '' when there is none. */
  symbol: string;
  startLine: number;
  text: string;
}

/**
 * Cells of the vector index that are looked into, of about the square root of the rows: see
 * bench/search for what that finds.
 */
const PROBES = 24;

/**
 * The chunks table of one project and one embedding model: vectors, keyword index and filters. The model's name is part
 * of the table's name, so vectors of two models are never in one table.
 *
 * Any number of processes may read while one writes: every read sees the latest committed version, and every write is
 * one commit. Writers must hold the project's index lock.
 */
export class ChunkStore {
  readonly #table: LanceTable;

  constructor(directory: string, embeddingModel: string) {
    this.#table = new LanceTable(directory, tableNameOf(embeddingModel));
  }

  /** Whether the table is there. */
  exists(): Promise<boolean> {
    return this.#table.exists();
  }

  /** Creates the table, for vectors of `dimension`, when it is not there. */
  async create(dimension: number): Promise<void> {
    // Made also where it is not needed: Arrow is then loaded before the first edit waits for it.
    const schema = await chunkSchema(dimension);
    if (await this.exists()) return;
    await createKeywordIndex(await this.#table.create(schema));
  }

  /**
   * Replaces all rows of `paths` by `rows` in one commit: a reader sees the old rows or the new ones.
   * Rows must belong to those paths.
   */
  async replace(paths: readonly string[], rows: readonly ChunkRow[]): Promise<void> {
    const table = await this.#table.open();
    const [first] = rows;
    if (first === undefined) {
      await table.delete(sqlIn('path', paths));
      return;
    }
    const { makeArrowTable } = await lanceDb();
    const data = makeArrowTable(rows as unknown as Record<string, unknown>[], {
      schema: await chunkSchema(first.vector.length),
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
    return this.#table.read(async (table) => {
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
   * Rows nearest to `vector`, nearest first, with their cosine, since all vectors are of length 1. Rows that wait for
   * their vectors are left out: theirs are zero.
   * @param options.exact looks at every row, also where there is a vector index
   */
  async nearest(
    vector: Float32Array,
    limit: number,
    where: string | null,
    { exact = false }: { exact?: boolean } = {},
  ): Promise<ScoredRows> {
    const ask = (isExact: boolean) =>
      this.#table.read(async (table) => {
        const query = table.query().nearestTo(vector).distanceType('dot');
        if (isExact) query.bypassVectorIndex();
        else query.nprobes(PROBES);
        if (where !== null) query.where(where);
        const found = await scoredRows(query.limit(limit), '_distance', (distance) => 1 - distance);
        for (const [id, cosine] of found) if (cosine === 0) found.delete(id);
        return found;
      });
    const found = await ask(exact);
    // A narrow filter leaves the nearest cells empty, and few rows to look at one by one.
    return where !== null && !exact && found.size < limit ? ask(true) : found;
  }

  /** Rows that hold words of `words` with their BM25 score, best first. Nothing in `words` is syntax. */
  async matching(words: string, limit: number, where: string | null): Promise<ScoredRows> {
    const { MatchQuery } = await lanceDb();
    return this.#table.read(async (table) => {
      const query = table.query().fullTextSearch(new MatchQuery(words, 'keywords'));
      if (where !== null) query.where(where);
      return scoredRows(query.limit(limit), '_score', (score) => score);
    });
  }

  /** Rows that meet a filter, in no order, with what a search ranks by. */
  async where(filter: string, limit: number): Promise<StoredRow[]> {
    return this.#table.read((table) =>
      plainRows(table.query().where(filter).limit(limit), [...CANDIDATE_COLUMNS, ROW_ID]),
    );
  }

  /**
   * What a search ranks by of these rows, in no order. Rows that an update has replaced since they were found are left
   * out.
   */
  async candidates(rowIds: readonly string[]): Promise<StoredRow[]> {
    return this.#taken(rowIds, CANDIDATE_COLUMNS);
  }

  /** What makes chunks of these rows beside what {@link candidates} gives; else as that. */
  async chunks(rowIds: readonly string[]): Promise<StoredRow[]> {
    return this.#taken(rowIds, CHUNK_COLUMNS);
  }

  /** Texts of rows that meet a filter, with where they stand; in no order. */
  async texts(filter: string, limit: number): Promise<StoredText[]> {
    const columns = ['path', 'language', 'symbol', 'startLine', 'text'];
    const rows = await this.#table.read((table) =>
      plainRows(table.query().where(filter).limit(limit), [...columns, ROW_ID]),
    );
    return rows.map((row) => ({
      path: String(row.path),
      language: String(row.language),
      symbol: String(row.symbol),
      startLine: Number(row.startLine),
      text: String(row.text),
    }));
  }

  /** Rows that meet a filter with their vectors, which are zero while they wait for them; in no order. */
  async withVectors(filter: string): Promise<{ row: StoredRow; vector: Float32Array }[]> {
    const rows = await this.#table.read((table) =>
      plainRows(table.query().where(filter), [...CANDIDATE_COLUMNS, 'vector', ROW_ID]),
    );
    return rows.map(({ vector, ...row }) => ({ row, vector: Float32Array.from(vector as Iterable<number>) }));
  }

  /** All chunks of these files as rows, in no order. */
  async chunksOf(paths: readonly string[]): Promise<StoredRow[]> {
    return this.#table.read((table) =>
      plainRows(table.query().where(sqlIn('path', paths)), [...CANDIDATE_COLUMNS, ...CHUNK_COLUMNS, ROW_ID]),
    );
  }

  /** A row id is never used again while the table is there: what is at it is the row that was found, or nothing. */
  async #taken(rowIds: readonly string[], columns: readonly string[]): Promise<StoredRow[]> {
    if (rowIds.length === 0) return [];
    return this.#table.read((table) => plainRows(table.takeRowIds(rowIds.map(BigInt)), [...columns, ROW_ID]));
  }

  /** Reads every column of every row once, so that damage anywhere in the table is met. */
  async verify(): Promise<void> {
    await this.#table.read(async (table) => {
      for await (const _batch of table.query()) {
        // reading is the test
      }
    });
    await this.matching('verify', 1, null);
  }

  /**
   * Brings the indexes up to date and removes old versions, now or after some more small updates.
   * @param writtenRows rows that were written or taken out since the last call
   */
  async compact(writtenRows: number): Promise<void> {
    await compactTable(await this.#table.open(), writtenRows);
  }

  /** Brings the keyword index up to date while more rows are to come. */
  async refreshKeywords(): Promise<void> {
    const table = await this.#table.open();
    await table.optimize({ cleanupOlderThan: new Date() });
  }

  /** Moves a damaged table out of the way; one damaged copy is kept, an older one is removed. */
  setAside(): Promise<void> {
    return this.#table.setAside();
  }

  /** Removes the tables of other embedding models and of older schema versions. */
  dropOthers(): Promise<void> {
    return this.#table.dropOthers();
  }

  /** Lets go of the table; the next call opens it again. */
  close(): void {
    this.#table.close();
  }
}

function tableNameOf(embeddingModel: string): string {
  return `chunks-v${INDEX_SCHEMA_VERSION}-${embeddingModel.replace(/[^A-Za-z0-9_.-]/g, '_')}`;
}
