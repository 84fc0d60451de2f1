import { expect, it } from 'vitest';
import type { Setting } from '../../api/types.js';
import { grouped, settingTitle } from './setting-groups.js';
import { typedValue } from './typed-value.js';

const setting = (key: string): Setting => ({
  ...{ key, description: '', type: 'text', value: '', default: '', source: 'default' },
});

it('puts each setting under one heading, the unknown ones last', () => {
  const keys = ['unheardOf', 'rank', 'baseModel', 'embeddingModel', 'gateMargin'];
  const groups = grouped(keys.map(setting));
  expect(groups.map(({ group, settings }) => [group, settings.map(({ key }) => key)])).toEqual([
    ['Answers', ['baseModel']],
    ['Training', ['rank', 'gateMargin']],
    ['Index and embedding', ['embeddingModel']],
    ['Machine and log', ['unheardOf']],
  ]);
  expect(grouped([])).toEqual([]);
});

it('names a setting as people would', () => {
  expect(['baseModel', 'trainingMemoryMegabytes', 'budgetMs', 'maxFileBytes'].map(settingTitle)).toEqual([
    'Base model',
    'Training memory, MB',
    'Budget, ms',
    'Max file, bytes',
  ]);
});

it('asks for no change where nothing was changed', () => {
  expect(typedValue({ type: 'text', value: 'a' }, 'a')).toBeUndefined();
  expect(typedValue({ type: 'number', value: 8 }, '8')).toBeUndefined();
  expect(typedValue({ type: 'secret', value: 'set' }, '')).toBeUndefined();
});

it('asks for what was typed, and for the default where a number is taken away', () => {
  expect(typedValue({ type: 'text', value: 'a' }, '')).toBe('');
  expect(typedValue({ type: 'number', value: 8 }, ' 16 ')).toBe(16);
  expect(typedValue({ type: 'number', value: 8 }, ' ')).toBeNull();
  // The server says what is wrong with it.
  expect(typedValue({ type: 'number', value: 8 }, 'many')).toBe('many');
  // What is kept of a secret is shown as "set"; a key may be called that, too.
  expect(typedValue({ type: 'secret', value: 'set' }, 'set')).toBe('set');
});
