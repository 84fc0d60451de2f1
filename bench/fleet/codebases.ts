import type { NamedCodebase } from '../pipeline/codebases.js';

const python = (name: string, version: string): NamedCodebase => ({
  ...{ name, version, language: 'python', registry: 'pip', folders: [name] },
});
const npm = (name: string, version: string, language: string): NamedCodebase => ({
  ...{ name, version, language, registry: 'npm', folders: ['lib'] },
});

/** Small public codebases by name and version, chosen by size and kind before any figure was seen. */
export const FLEET_CODEBASES: readonly NamedCodebase[] = [
  python('click', '8.2.1'),
  python('jinja2', '3.1.6'),
  python('werkzeug', '3.1.3'),
  python('starlette', '0.46.2'),
  python('httpx', '0.28.1'),
  python('flask', '3.1.1'),
  python('requests', '2.32.4'),
  python('marshmallow', '4.0.0'),
  python('httpcore', '1.0.9'),
  python('tomlkit', '0.13.3'),
  npm('commander', '14.0.0', 'javascript'),
  npm('ajv', '8.17.1', 'typescript'),
];
