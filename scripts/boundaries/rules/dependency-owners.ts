import type { Rule } from '../offence.js';
import type { Import, SourceFile } from '../source-files.js';

// dependency -> the only place (file or folder, below packages/) that may import it
const OWNERS: Record<string, string[]> = {
  'onnxruntime-node': ['lora/src/autodiff/'],
  protobufjs: ['lora/src/autodiff/'],
  '@huggingface/tokenizers': ['lora/src/transformer/'],
  '@huggingface/jinja': ['lora/src/transformer/'],
  'node-llama-cpp': ['gardener/src/models/'],
  '@lancedb/lancedb': ['gardener/src/retrieval/store/'],
  'apache-arrow': ['gardener/src/retrieval/store/'],
  'web-tree-sitter': ['gardener/src/codebase/'],
  '@vscode/tree-sitter-wasm': ['gardener/src/codebase/'],
  '@cursorless/tree-sitter-wasms': ['gardener/src/codebase/'],
  hono: ['gardener/src/server/'],
  '@hono/node-server': ['gardener/src/server/'],
  '@hono/zod-openapi': ['gardener/src/server/'],
  '@modelcontextprotocol/sdk': ['gardener/src/server/'],
  'eventsource-parser': ['gardener/src/server/', 'web/src/api/', 'vscode/src/api/'],
  commander: ['gardener/src/cli/'],
  'proper-lockfile': ['gardener/src/garden/'],
  react: ['web/src/'],
  'react-dom': ['web/src/'],
  marked: ['web/src/code/'],
  lowlight: ['web/src/code/'],
  'highlight.js': ['web/src/code/'],
  uplot: ['web/src/pages/training/'],
};

// doctor probes each native module by name in a child process of its own: no room is bypassed by that.
const OWNER_EXEMPT = ['gardener/src/doctor/probe-child.ts'];

// What the trainer shows: all of it, and, without loading it, how to start a process for it.
const FACES = ['@codebase-gardener/lora', '@codebase-gardener/lora/files', '@codebase-gardener/lora/process'];

/**
 * Each native dependency is imported by one folder, the trainer through its faces, and the trainer knows no product.
 */
export const dependencyOwners: Rule = (files) =>
  files.flatMap((file) =>
    file.imports.flatMap((imported) => {
      const what = imported.target === null ? offenceOf(file, imported) : null;
      return what === null ? [] : [{ path: file.path, line: imported.line, what }];
    }),
  );

function offenceOf({ path, isTest }: SourceFile, { specifier }: Import): string | null {
  const [wing] = path.split('/');
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (name === '@codebase-gardener/lora' && !FACES.includes(specifier))
    return 'imports the trainer past its faces';
  if (wing === 'lora' && name === 'codebase-gardener') return 'the trainer stands alone';
  const owners = OWNERS[name];
  if (owners === undefined || OWNER_EXEMPT.includes(path)) return null;
  if (isTest && owners.some((owner) => owner.startsWith(`${wing}/`))) return null;
  return owners.some((owner) => path.startsWith(owner))
    ? null
    : `imports ${name}, which belongs to packages/${owners.join(', ')}`;
}
