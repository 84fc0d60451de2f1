/**
 * LanceDB's names that are used, for `lanceDb()` to load when they are needed: it is CommonJS, and where it is bundled
 * only a static import finds them.
 */
export { connect, Index, MatchQuery, makeArrowTable, Session } from '@lancedb/lancedb';
