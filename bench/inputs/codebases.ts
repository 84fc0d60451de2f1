/**
 * The public codebases of the retrieval benchmark, each by name and version. Chosen before any figure was seen: well
 * documented (the queries are made of docstrings), of different kinds and sizes, five languages. On those of `tuning`
 * weights and texts are chosen; only the others are reported as results.
 */
export interface Codebase {
  name: string;
  language: string;
  version: string;
  registry: 'pip' | 'npm' | 'debian';
  /** Folders inside the unpacked package that are taken as the codebase. */
  folders: string[];
  use: 'tuning' | 'report';
}

export const CODEBASES: readonly Codebase[] = [
  {
    name: 'scrapy',
    language: 'python',
    version: '2.13.3',
    registry: 'pip',
    folders: ['scrapy'],
    use: 'tuning',
  },
  {
    name: 'rxjs',
    language: 'typescript',
    version: '7.8.2',
    registry: 'npm',
    folders: ['src'],
    use: 'tuning',
  },
  {
    name: 'golang-github-miekg-dns-dev',
    language: 'go',
    version: '1.1.50-2',
    registry: 'debian',
    folders: ['usr/share/gocode/src'],
    use: 'tuning',
  },
  {
    name: 'librust-rayon-dev',
    language: 'rust',
    version: '1.6.1-1',
    registry: 'debian',
    folders: ['usr/share/cargo/registry/rayon-1.6.1/src'],
    use: 'tuning',
  },
  {
    name: 'networkx',
    language: 'python',
    version: '3.5',
    registry: 'pip',
    folders: ['networkx/algorithms', 'networkx/classes', 'networkx/generators'],
    use: 'report',
  },
  {
    name: 'mongodb',
    language: 'typescript',
    version: '6.20.0',
    registry: 'npm',
    folders: ['src'],
    use: 'report',
  },
  {
    name: 'three',
    language: 'javascript',
    version: '0.187.0',
    registry: 'npm',
    folders: ['src'],
    use: 'report',
  },
  {
    name: 'golang-github-prometheus-client-golang-dev',
    language: 'go',
    version: '1.14.0-3',
    registry: 'debian',
    folders: ['usr/share/gocode/src'],
    use: 'report',
  },
  {
    name: 'librust-tokio-dev',
    language: 'rust',
    version: '1.24.2-1',
    registry: 'debian',
    folders: ['usr/share/cargo/registry/tokio-1.24.2/src'],
    use: 'report',
  },
  {
    name: 'celery',
    language: 'python',
    version: '5.5.3',
    registry: 'pip',
    folders: ['celery'],
    use: 'report',
  },
];
