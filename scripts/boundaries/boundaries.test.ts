import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type House, readHouse } from './house.js';
import { RULES } from './rules.js';
import { readSourceFiles } from './source-files.js';

const HOUSE: House = {
  gardener: {
    what: '',
    rooms: [
      {
        room: 'garden',
        what: '',
        floors: [
          { floor: 'files', what: '' },
          { floor: '.', what: '' },
          { floor: 'runs', what: '' },
          { floor: 'open.ts', what: '' },
        ],
      },
      { room: 'chat', what: '', floors: [] },
    ],
  },
};

/** What a rule says of a tree of sources, given by their paths below packages/. */
function offences(rule: string, tree: Record<string, string>): string[] {
  const packages = mkdtempSync(join(tmpdir(), 'boundaries-'));
  onTestFinished(() => rmSync(packages, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(packages, path)), { recursive: true });
    writeFileSync(join(packages, path), text);
  }
  const find = RULES(HOUSE)[rule];
  if (find === undefined) throw new Error(`no rule ${rule}`);
  return find(readSourceFiles(packages)).map(({ path, line, what }) => `${path}:${line}: ${what}`);
}

it('lets a room import from the rooms above it only', () => {
  const found = offences('room-order', {
    'gardener/src/garden/garden.ts': "\nimport { answer } from '../chat/answer.js';\n",
    'gardener/src/chat/answer.ts': "import { garden } from '../garden/garden.js';\n",
  });
  expect(found).toEqual(['gardener/src/garden/garden.ts:2: garden imports chat, a room below it']);
});

it('lets a floor import from the floors above it only', () => {
  const found = offences('room-order', {
    'gardener/src/garden/garden.ts': "export { run } from './runs/run.js';\n",
    'gardener/src/garden/files/paths.ts': "import type { Run } from '../runs/run.js';\n",
    'gardener/src/garden/open.ts': "import './runs/run.js';\n",
    'gardener/src/garden/log.ts': "import './open.js';\n",
    'gardener/src/garden/files/paths.test.ts': "import { run } from '../runs/run.js';\n",
    'gardener/src/garden/runs/run.ts':
      "import '../garden.js';\nconst files = await import('../files/paths.js');\n",
  });
  expect(found).toEqual([
    'gardener/src/garden/files/paths.ts:1: garden: files/ imports runs/, a floor below',
    'gardener/src/garden/garden.ts:1: garden: its own files imports runs/, a floor below',
    'gardener/src/garden/log.ts:1: garden: its own files imports open.ts, a floor below',
  ]);
});

it('knows no floor that the house does not name', () => {
  const found = offences('room-order', {
    'gardener/src/garden/attic/box.ts': '',
    'gardener/src/chat/words/word.ts': '',
  });
  expect(found).toEqual([
    'gardener/src/chat/words/word.ts:1: chat/ has no floor words/ in scripts/boundaries/house.json',
    'gardener/src/garden/attic/box.ts:1: garden/ has no floor attic/ in scripts/boundaries/house.json',
  ]);
});

it('lets a workspace import the face of another only', () => {
  const found = offences('room-order', {
    'gardener/src/chat/answer.ts': "import { train } from '../../../lora/src/train/train.js';\n",
  });
  expect(found).toEqual(['gardener/src/chat/answer.ts:1: reaches into packages/lora: import its face']);
});

it('finds an import circle, type imports and tsx files included, once', () => {
  const found = offences('import-circles', {
    'web/src/shell/a.tsx': "import { b } from './b';\n",
    'web/src/shell/b.ts': "import './c.js';\n",
    'web/src/shell/c.ts': "\nimport type { A } from './a';\n",
    'web/src/shell/outside.ts': "import './a';\n",
  });
  expect(found).toEqual([
    'web/src/shell/a.tsx:1: imports itself: web/src/shell/a.tsx -> web/src/shell/b.ts -> web/src/shell/c.ts -> web/src/shell/a.tsx',
  ]);
});

it('takes the name of a child process for no import', () => {
  const found = offences('import-circles', {
    'gardener/src/chat/x-process.ts': "const entry = new URL('./x-child.js', import.meta.url);\n",
    'gardener/src/chat/x-child.ts': "import type { Job } from './x-process.js';\n",
  });
  expect(found).toEqual([]);
});

it('gives each native dependency to one folder and the trainer through its faces', () => {
  const found = offences('dependency-owners', {
    'gardener/src/chat/answer.ts':
      "import { Hono } from 'hono/tiny';\nimport '@codebase-gardener/lora/train';\n",
    'gardener/src/server/app.ts': "import { Hono } from 'hono';\n",
    'gardener/src/chat/answer.test.ts': "import { Hono } from 'hono';\n",
    'lora/src/index.ts': "import 'codebase-gardener';\n",
  });
  expect(found).toEqual([
    'gardener/src/chat/answer.ts:1: imports hono, which belongs to packages/gardener/src/server/',
    'gardener/src/chat/answer.ts:2: imports the trainer past its faces',
    'lora/src/index.ts:1: the trainer stands alone',
  ]);
});

it('counts the sources of a folder without tests, fixtures and families of equals', () => {
  const many = (folder: string, count: number, ending: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${folder}/file-${i}${ending}`, '']));
  const found = offences('folder-size', {
    ...many('gardener/src/chat', 16, '.ts'),
    ...many('gardener/src/garden', 15, '.ts'),
    ...many('gardener/src/garden', 9, '.test.ts'),
    ...many('gardener/src/garden', 9, '.fixture.ts'),
    ...many('gardener/src/cli/commands', 20, '.ts'),
  });
  expect(found).toEqual(['gardener/src/chat:1: 16 files, more than 15']);
});

it('keeps a file to one sitting', () => {
  const found = offences('file-length', { 'gardener/src/chat/long.ts': '\n'.repeat(400) });
  expect(found).toEqual(['gardener/src/chat/long.ts:1: 401 lines, more than 400']);
});

it('wants a file named for its one idea', () => {
  const found = offences('file-names', {
    'gardener/src/chat/utils.ts': '',
    'gardener/src/chat/utility.ts': '',
  });
  expect(found).toEqual([
    'gardener/src/chat/utils.ts:1: a file is named for its one idea, not utils, helpers, common, shared, manager or misc',
  ]);
});

it('has a line for each floor of this house', () => {
  for (const { rooms } of Object.values(readHouse())) {
    for (const { room, what, floors } of rooms) {
      expect(what, room).not.toBe('');
      for (const { floor, what } of floors) expect(what, `${room}/${floor}`).not.toBe('');
    }
  }
});
