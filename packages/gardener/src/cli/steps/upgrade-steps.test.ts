import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readChangelog, releasesSince } from './changelog.js';
import { describeInstallation } from './installation.js';

describe('describeInstallation', () => {
  // The first four as measured with each manager; then their usual places, and Windows.
  it.each([
    ['/opt/x/npm/lib/node_modules/codebase-gardener', 'npm', 'npm install -g codebase-gardener@latest'],
    [
      '/x/pnpm/global/5/.pnpm/codebase-gardener@file+..+a-0.1.0.tgz/node_modules/codebase-gardener',
      'pnpm',
      'pnpm add -g codebase-gardener@latest',
    ],
    ['/x/yarn/global/node_modules/codebase-gardener', 'yarn', 'yarn global add codebase-gardener@latest'],
    ['/x/bun/install/global/node_modules/codebase-gardener', 'bun', 'bun add -g codebase-gardener@latest'],
    ['/h/.bun/install/global/node_modules/codebase-gardener/', 'bun', 'bun add -g codebase-gardener@latest'],
    [
      '/h/.config/yarn/global/node_modules/codebase-gardener',
      'yarn',
      'yarn global add codebase-gardener@latest',
    ],
    ['/usr/lib/node_modules/codebase-gardener', 'npm', 'npm install -g codebase-gardener@latest'],
    [
      'C:\\Users\\a\\AppData\\Roaming\\npm\\node_modules\\codebase-gardener',
      'npm',
      'npm install -g codebase-gardener@latest',
    ],
    [
      'C:\\Users\\a\\AppData\\Local\\Yarn\\Data\\global\\node_modules\\codebase-gardener',
      'yarn',
      'yarn global add codebase-gardener@latest',
    ],
    ['/h/project/node_modules/codebase-gardener', 'npm', 'npm install codebase-gardener@latest'],
    [
      '/h/p/node_modules/.pnpm/codebase-gardener@0.1.0/node_modules/codebase-gardener',
      'pnpm',
      'pnpm add codebase-gardener@latest',
    ],
  ])('%s: %s', (folder, manager, command) => {
    expect(describeInstallation(folder)).toEqual({ manager, folder, updateCommands: [command] });
  });

  it('a checkout is updated with git', () => {
    const { manager, updateCommands } = describeInstallation('/h/codebase-gardener/packages/gardener');
    expect({ manager, updateCommands }).toEqual({
      manager: 'checkout',
      updateCommands: ['git pull', 'npm ci'],
    });
  });
});

describe('the changelog', () => {
  const releases = readChangelog(
    '# Changes\n\n## 0.3.0 (2027-01-01)\n\n- c\n- d\n\n## 0.2.0\n- b\n\n## 0.1.0\n- a\n',
  );

  it('is read version by version', () => {
    expect(releases).toEqual([
      { version: '0.3.0', lines: ['- c', '- d'] },
      { version: '0.2.0', lines: ['- b'] },
      { version: '0.1.0', lines: ['- a'] },
    ]);
  });

  it.each([
    [undefined, ['0.3.0']],
    ['0.3.0', []],
    ['0.1.0', ['0.3.0', '0.2.0']],
    ['0.0.9', ['0.3.0', '0.2.0', '0.1.0']],
  ])('since %s: %j', (since, versions) => {
    expect(releasesSince(releases, since).map(({ version }) => version)).toEqual(versions);
  });

  it('the one of this repository begins with the version of the package', () => {
    const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
    const { version } = JSON.parse(read('../../../package.json')) as { version: string };
    const [newest] = readChangelog(read('../../../CHANGELOG.md'));
    expect(newest?.version).toBe(version);
    expect(newest?.lines.length).toBeGreaterThan(3);
  });
});
