import { COMPONENT_LANGUAGES, componentParts } from './component-parts.js';
import type { Language } from './language.js';
import { bashQuery } from './queries/bash.js';
import { cQuery } from './queries/c.js';
import { cppQuery } from './queries/cpp.js';
import { csharpQuery } from './queries/csharp.js';
import { cssQuery } from './queries/css.js';
import { dockerfileRules } from './queries/dockerfile.js';
import { goQuery } from './queries/go.js';
import { htmlQuery } from './queries/html.js';
import { javaQuery } from './queries/java.js';
import { javascriptQuery } from './queries/javascript.js';
import { jsonQuery } from './queries/json.js';
import { kotlinQuery } from './queries/kotlin.js';
import { markdownRules } from './queries/markdown.js';
import { phpQuery } from './queries/php.js';
import { pythonQuery } from './queries/python.js';
import { rubyQuery } from './queries/ruby.js';
import { rustQuery } from './queries/rust.js';
import { scalaQuery } from './queries/scala.js';
import { sqlRules } from './queries/sql.js';
import { swiftQuery } from './queries/swift.js';
import { tomlRules } from './queries/toml.js';
import { tsxQuery, typescriptQuery } from './queries/typescript.js';
import { yamlQuery } from './queries/yaml.js';
import { C_MACROS, CSHARP_FORMS, KOTLIN_FORMS } from './unknown-forms.js';

const vscode = (name: string) => `@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`;
const cursorless = (name: string) => `@cursorless/tree-sitter-wasms/out/tree-sitter-${name}.wasm`;

const SLASHES = ['// ', ''] as const;
const HASH = ['# ', ''] as const;

// A hand-written file of settings or a page of prose is far below; above stand dictionaries, recordings and dumps.
const MAX_DATA_CHARACTERS = 48_000;
const MAX_PAGE_CHARACTERS = 200_000;

/** Every language that is read, the commonest first. */
export const LANGUAGES: readonly Language[] = [
  {
    id: 'typescript',
    name: 'TypeScript',
    role: 'code',
    extensions: ['.ts', '.mts', '.cts'],
    interpreters: ['deno', 'ts-node', 'tsx', 'bun'],
    reader: { grammar: vscode('typescript'), query: typescriptQuery },
    lineComment: SLASHES,
    privateName: /^[_#]/,
    family: 'ecmascript',
    // Qt's translations are .ts too.
    languageOfText: (text) => (/^\s*<(?:\?xml|!DOCTYPE)/.test(text) ? null : 'typescript'),
  },
  {
    id: 'tsx',
    name: 'TSX',
    role: 'code',
    extensions: ['.tsx'],
    reader: { grammar: vscode('tsx'), query: tsxQuery },
    lineComment: SLASHES,
    privateName: /^[_#]/,
    family: 'ecmascript',
  },
  {
    id: 'javascript',
    name: 'JavaScript',
    role: 'code',
    extensions: ['.js', '.mjs', '.cjs', '.jsx'],
    interpreters: ['node', 'nodejs'],
    reader: { grammar: vscode('javascript'), query: javascriptQuery },
    lineComment: SLASHES,
    privateName: /^[_#]/,
    family: 'ecmascript',
  },
  {
    id: 'python',
    name: 'Python',
    role: 'code',
    extensions: ['.py', '.pyi', '.pyw', '.ipynb'],
    filenames: ['SConstruct', 'SConscript', 'wscript'],
    interpreters: ['python', 'python2', 'python3', 'pypy', 'pypy3'],
    reader: { grammar: vscode('python'), query: pythonQuery },
    lineComment: HASH,
    privateName: /^_(?!_.*__$)/,
  },
  {
    id: 'go',
    name: 'Go',
    role: 'code',
    extensions: ['.go'],
    reader: { grammar: vscode('go'), query: goQuery },
    lineComment: SLASHES,
    privateName: /^[\p{Ll}_]/u,
  },
  {
    id: 'rust',
    name: 'Rust',
    role: 'code',
    extensions: ['.rs'],
    interpreters: ['rust-script'],
    reader: { grammar: vscode('rust'), query: rustQuery },
    lineComment: SLASHES,
    unsaidVisibility: 'private',
  },
  {
    id: 'java',
    name: 'Java',
    role: 'code',
    extensions: ['.java'],
    reader: { grammar: vscode('java'), query: javaQuery },
    lineComment: SLASHES,
    family: 'jvm',
  },
  {
    id: 'c',
    name: 'C',
    role: 'code',
    extensions: ['.c', '.h'],
    reader: { grammar: cursorless('c'), query: cQuery },
    unknownForms: C_MACROS,
    lineComment: SLASHES,
    privateWords: /\bstatic\b/,
    family: 'c',
    languageOfText: languageOfHeader,
  },
  {
    id: 'cpp',
    name: 'C++',
    role: 'code',
    extensions: [
      '.cpp',
      '.cc',
      '.cxx',
      '.c++',
      '.hpp',
      '.hh',
      '.hxx',
      '.h++',
      '.ipp',
      '.inl',
      '.tpp',
      '.cu',
      '.cuh',
    ],
    reader: { grammar: vscode('cpp'), query: cppQuery },
    unknownForms: C_MACROS,
    lineComment: SLASHES,
    // `class` stands before the first label of a class, whose members are private by then.
    privateWords: /\b(?:private|static|class)\b/,
    family: 'c',
  },
  {
    id: 'csharp',
    name: 'C#',
    role: 'code',
    extensions: ['.cs', '.csx'],
    reader: { grammar: vscode('c-sharp'), query: csharpQuery },
    unknownForms: CSHARP_FORMS,
    lineComment: SLASHES,
    unsaidVisibility: 'private',
  },
  {
    id: 'ruby',
    name: 'Ruby',
    role: 'code',
    extensions: ['.rb', '.rake', '.gemspec', '.ru', '.podspec'],
    filenames: [
      'Rakefile',
      'Gemfile',
      'Guardfile',
      'Vagrantfile',
      'Podfile',
      'Fastfile',
      'Capfile',
      'Brewfile',
    ],
    interpreters: ['ruby', 'jruby', 'truffleruby'],
    reader: { grammar: vscode('ruby'), query: rubyQuery },
    lineComment: HASH,
  },
  {
    id: 'php',
    name: 'PHP',
    role: 'code',
    extensions: ['.php', '.phtml', '.inc'],
    interpreters: ['php'],
    reader: { grammar: vscode('php'), query: phpQuery },
    lineComment: SLASHES,
    // .inc is used by assemblers, BitBake and others.
    languageOfText: (text) => (/<\?(?:php|=|\s)/.test(text) ? 'php' : null),
  },
  {
    id: 'kotlin',
    name: 'Kotlin',
    role: 'code',
    extensions: ['.kt', '.kts'],
    reader: { grammar: cursorless('kotlin'), query: kotlinQuery },
    unknownForms: KOTLIN_FORMS,
    lineComment: SLASHES,
    family: 'jvm',
  },
  {
    id: 'swift',
    name: 'Swift',
    role: 'code',
    extensions: ['.swift'],
    interpreters: ['swift'],
    reader: { grammar: cursorless('swift'), query: swiftQuery },
    lineComment: SLASHES,
  },
  {
    id: 'scala',
    name: 'Scala',
    role: 'code',
    extensions: ['.scala', '.sbt', '.sc'],
    interpreters: ['scala', 'scala-cli', 'amm'],
    reader: { grammar: cursorless('scala'), query: scalaQuery },
    lineComment: SLASHES,
    family: 'jvm',
  },
  {
    id: 'bash',
    name: 'Bash',
    role: 'code',
    extensions: ['.sh', '.bash', '.bats', '.ksh', '.zsh'],
    filenames: ['.bashrc', '.bash_profile', '.bash_aliases', '.profile', '.zshrc', 'PKGBUILD', 'APKBUILD'],
    interpreters: ['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh', 'bats'],
    reader: { grammar: vscode('bash'), query: bashQuery },
    lineComment: HASH,
    privateName: /^_/,
  },
  {
    id: 'sql',
    name: 'SQL',
    role: 'code',
    extensions: ['.sql', '.ddl', '.pgsql', '.psql'],
    reader: { rules: sqlRules },
    lineComment: ['-- ', ''],
    // Migrations and queries; above stand dumps of tables.
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'dockerfile',
    name: 'Dockerfile',
    role: 'code',
    extensions: ['.dockerfile', '.containerfile'],
    filenamePattern: /^(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$/,
    reader: { rules: dockerfileRules },
    lineComment: HASH,
  },
  {
    id: 'vue',
    name: 'Vue',
    role: 'code',
    extensions: ['.vue'],
    reader: { parts: componentParts, languages: COMPONENT_LANGUAGES },
    lineComment: ['<!-- ', ' -->'],
    privateName: /^[_#]/,
    family: 'ecmascript',
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'svelte',
    name: 'Svelte',
    role: 'code',
    extensions: ['.svelte'],
    reader: { parts: componentParts, languages: COMPONENT_LANGUAGES },
    lineComment: ['<!-- ', ' -->'],
    privateName: /^[_#]/,
    family: 'ecmascript',
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'astro',
    name: 'Astro',
    role: 'code',
    extensions: ['.astro'],
    reader: { parts: componentParts, languages: COMPONENT_LANGUAGES },
    lineComment: ['<!-- ', ' -->'],
    privateName: /^[_#]/,
    family: 'ecmascript',
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'html',
    name: 'HTML',
    role: 'markup',
    extensions: ['.html', '.htm', '.xhtml'],
    reader: { grammar: cursorless('html'), query: htmlQuery },
    lineComment: ['<!-- ', ' -->'],
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'css',
    name: 'CSS',
    role: 'markup',
    extensions: ['.css'],
    reader: { grammar: vscode('css'), query: cssQuery },
    lineComment: ['/* ', ' */'],
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'markdown',
    name: 'Markdown',
    role: 'prose',
    extensions: ['.md', '.markdown', '.mdx', '.mkd'],
    reader: { rules: markdownRules },
    lineComment: ['<!-- ', ' -->'],
    maxCharacters: MAX_PAGE_CHARACTERS,
  },
  {
    id: 'json',
    name: 'JSON',
    role: 'data',
    extensions: ['.json', '.jsonc', '.json5', '.webmanifest'],
    filenames: ['.babelrc', '.eslintrc', '.prettierrc', '.swcrc'],
    reader: { grammar: cursorless('json'), query: jsonQuery },
    lineComment: SLASHES,
    maxCharacters: MAX_DATA_CHARACTERS,
  },
  {
    id: 'yaml',
    name: 'YAML',
    role: 'data',
    extensions: ['.yaml', '.yml'],
    filenames: ['.clang-format', '.clang-tidy'],
    reader: { grammar: cursorless('yaml'), query: yamlQuery },
    lineComment: HASH,
    maxCharacters: MAX_DATA_CHARACTERS,
  },
  {
    id: 'toml',
    name: 'TOML',
    role: 'data',
    extensions: ['.toml'],
    filenames: ['Pipfile'],
    reader: { rules: tomlRules },
    lineComment: HASH,
    maxCharacters: MAX_DATA_CHARACTERS,
  },
];

// Every repetition is bounded or stands on one line: the text may be a mebibyte of anything.
const OBJECTIVE_C = /^[ \t]*@(?:interface|protocol|class|import)\b/m;
const CPP =
  /^[ \t]*(?:template[ \t]{0,9}<|namespace[ \t][\w: \t]{0,120}\{|using[ \t](?:namespace[ \t]|[\w \t]{1,120}=)|(?:class|struct)[ \t]+\w+[^;\n]{0,200}[ \t]?:[ \t]?(?:public|private|protected|virtual)\b|enum[ \t]+class\b|class[ \t]+\w+[^;\n]{0,200}$|(?:public|private|protected)[ \t]{0,9}:)|\b\w{1,120}::\w/m;

/** A `.h` is of C, C++ or Objective-C: what only C++ has decides, and Objective-C is not read. */
function languageOfHeader(text: string): 'c' | 'cpp' | null {
  if (OBJECTIVE_C.test(text)) return null;
  return CPP.test(text) ? 'cpp' : 'c';
}
