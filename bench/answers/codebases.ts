import type { Codebase } from '../inputs/codebases.js';

const python = (name: string, version: string, use: Codebase['use']): Codebase => ({
  ...{ name, version, use },
  language: 'python',
  registry: 'pip',
  folders: [name],
});

/**
 * The codebases of the questions about facts. Chosen, with their halves, before any figure was seen: on `tuning` the
 * making of prompts was tuned, only `report` is a result.
 */
export const ANSWER_CODEBASES: readonly Codebase[] = [
  python('click', '8.2.1', 'tuning'),
  python('flask', '3.1.1', 'tuning'),
  python('requests', '2.32.4', 'tuning'),
  python('starlette', '0.46.2', 'report'),
  python('httpx', '0.28.1', 'report'),
  python('werkzeug', '3.1.3', 'report'),
  {
    name: 'ajv',
    language: 'typescript',
    version: '8.17.1',
    registry: 'npm',
    folders: ['lib'],
    use: 'report',
  },
];
