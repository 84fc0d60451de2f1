import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { dataDirectory, GardenPaths } from './paths.js';

afterEach(() => vi.unstubAllEnvs());

test('the data directory: flag over environment over home', () => {
  vi.stubEnv('CODEBASE_GARDENER_DATA_DIR', '');
  expect(dataDirectory()).toBe(join(homedir(), '.codebase-gardener'));
  vi.stubEnv('CODEBASE_GARDENER_DATA_DIR', 'somewhere');
  expect(dataDirectory()).toBe(resolve('somewhere'));
  expect(dataDirectory('/flag')).toBe(resolve('/flag'));
  expect(dataDirectory('~/garden')).toBe(join(homedir(), 'garden'));
});

test('the layout on disk', () => {
  const paths = new GardenPaths('/root');
  const at = (...parts: string[]) => join(resolve('/root'), ...parts);
  expect(paths.settingsFile).toBe(at('settings.json'));
  expect(paths.activeProjectFile).toBe(at('active_project.json'));
  expect(paths.baseModel('m')).toBe(at('base_models', 'm'));
  expect(paths.projectFile('p')).toBe(at('projects', 'p', 'project.json'));
  expect(paths.index('p')).toBe(at('projects', 'p', 'index'));
  expect(paths.adapter('p', 3)).toBe(at('projects', 'p', 'adapters', '3'));
  expect(paths.run('p', 'r')).toBe(at('projects', 'p', 'training', 'r'));
  expect(paths.conversations('p')).toBe(at('projects', 'p', 'conversations'));
});

test.each(['..', '.', '', '../x', 'a/b', 'a\\b', '/etc', '.hidden', 'a\0b', 'x'.repeat(200)])(
  '%j is no identifier',
  (id) => {
    const paths = new GardenPaths('/root');
    expect(() => paths.project(id)).toThrow(expect.objectContaining({ code: 'garden.bad-identifier' }));
    expect(() => paths.run('p', id)).toThrow(expect.objectContaining({ code: 'garden.bad-identifier' }));
    expect(() => paths.baseModel(id)).toThrow(expect.objectContaining({ code: 'garden.bad-identifier' }));
  },
);
