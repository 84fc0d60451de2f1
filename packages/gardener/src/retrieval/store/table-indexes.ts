import type * as LanceDb from '@lancedb/lancedb';
import type * as Arrow from 'apache-arrow';
import { lanceDb } from './lance-table.js';

/**
 * An update of less than this share of the rows is small; so many versions may gather before small ones are compacted
 * too.
 */
const SMALL_UPDATE_SHARE = 0.02;
const MAX_VERSIONS = 16;

/** From so many rows on, looking at every vector takes longer than a search may; fewer are compared one by one. */
const INDEX_FROM_ROWS = 20_000;
/**
 * The vector index keeps what is deleted: made anew when it is so many times as large as the rows that are there need.
 */
const MAX_VECTOR_INDEX_GROWTH = 1.5;

/** Makes the keyword index of a new table. */
export async function createKeywordIndex(table: LanceDb.Table): Promise<void> {
  const { Index } = await lanceDb();
  await table.createIndex('keywords', {
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
 * Brings the keyword index up to date, merges small files, and removes versions that are no longer the latest. After a
 * small update it waits for more of them: rows that are not in the keyword index yet are scanned, and an edit is
 * searchable sooner.
 * @param writtenRows rows that were written or taken out since the last call
 */
export async function compactTable(table: LanceDb.Table, writtenRows: number): Promise<void> {
  const isSmall = writtenRows < (await table.countRows()) * SMALL_UPDATE_SHARE;
  if (isSmall && (await table.listVersions()).length <= MAX_VERSIONS) return;
  await indexColumns(table);
  // Readers of an old version retry on the latest one (LanceTable.read), so old versions need not be kept for them.
  await table.optimize({ cleanupOlderThan: new Date(), deleteUnverified: true });
}

/** Makes the indexes that only a large table needs; once they are there, `optimize` keeps them up to date. */
async function indexColumns(table: LanceDb.Table): Promise<void> {
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
    names: Index.labelList(),
    path: Index.btree(),
    fileName: Index.btree(),
    language: Index.bitmap(),
    kind: Index.bitmap(),
  };
  for (const [column, config] of Object.entries(wanted)) {
    if (!present.has(column)) await table.createIndex(column, { config });
  }
}

/** What one vector takes in the vector index: its numbers, and where its row is. */
async function vectorBytes(table: LanceDb.Table): Promise<number> {
  const field = (await table.schema()).fields.find(({ name }) => name === 'vector');
  const dimension = (field?.type as Arrow.FixedSizeList | undefined)?.listSize ?? 0;
  return dimension * Float32Array.BYTES_PER_ELEMENT + 8;
}
