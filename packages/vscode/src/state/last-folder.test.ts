import { beforeEach, expect, it } from 'vitest';
import { LastFolder } from './last-folder.js';

let open: string[];
let last: LastFolder<string, string>;
beforeEach(() => {
  open = ['/a', '/b'];
  last = new LastFolder((path: string) => open.find((folder) => path.startsWith(`${folder}/`)));
});

it('is the folder of the file that is edited, and none before there was one', () => {
  expect(last.at(undefined)).toBeUndefined();
  expect(last.at('/elsewhere/x.ts')).toBeUndefined();
  expect(last.at('/b/x.ts')).toBe('/b');
  expect(last.at('/a/x.ts')).toBe('/a');
});

it('stays while a panel has the focus, or a file of no folder', () => {
  last.at('/b/x.ts');
  expect(last.at(undefined)).toBe('/b');
  expect(last.at('/elsewhere/x.ts')).toBe('/b');
  expect(last.at(undefined)).toBe('/b');
});

it('is gone when it is closed', () => {
  last.at('/b/x.ts');
  open = ['/a'];
  expect(last.at(undefined)).toBeUndefined();
  expect(last.at('/a/x.ts')).toBe('/a');
});
