import { CODEBASES, type Codebase } from '../inputs/codebases.js';

/** What a codebase is fetched by. */
export type NamedCodebase = Omit<Codebase, 'use'>;

const python = (name: string, version: string): NamedCodebase => ({
  name,
  version,
  language: 'python',
  registry: 'pip',
  folders: [name],
});

/** Small and middling ones first; those of the retrieval benchmark behind them, up to some thousands of chunks. */
export const PIPELINE_CODEBASES: readonly NamedCodebase[] = [
  python('starlette', '0.46.2'),
  python('httpx', '0.28.1'),
  python('werkzeug', '3.1.3'),
  python('rich', '14.0.0'),
  ...CODEBASES,
  python('sqlalchemy', '2.0.41'),
];
