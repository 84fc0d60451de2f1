import { describe, expect, it } from 'vitest';
import { pathInProject, projectOfFile } from './project-of-file.js';

const shop = { path: '/code/shop' };
const inner = { path: '/code/shop/packages/till' };
const windows = { path: 'C:\\code\\desk' };
const all = [shop, inner, windows];

describe('projectOfFile', () => {
  it.each([
    ['/code/shop/src/a.ts', shop, 'src/a.ts'],
    ['/code/shop/packages/till/b.ts', inner, 'b.ts'],
    ['/code/shop/src/../a.ts', shop, 'a.ts'],
    ['file:///code/shop/a%20b.ts', shop, 'a b.ts'],
    ['c:\\Code\\desk\\src\\a.cs', windows, 'src/a.cs'],
    ['file:///C:/code/desk/a.cs', windows, 'a.cs'],
  ])('finds %s', (name, project, path) => {
    expect(projectOfFile(all, name)).toEqual({ project, path });
  });

  it.each([
    '',
    'src/a.ts',
    '/code/shopping/a.ts',
    '/code/shop/../secret.ts',
    '/code/shop',
    '/',
    'file://%',
    'C:',
  ])('finds no project for %j', (name) => {
    expect(projectOfFile(all, name)).toBeNull();
  });
});

describe('pathInProject', () => {
  it.each([
    ['src/a.ts', 'src/a.ts'],
    ['.\\src\\a.ts', 'src/a.ts'],
    ['/code/shop/src/a.ts', 'src/a.ts'],
    ['src/../../shop/a.ts', null],
    ['..\\..\\etc\\passwd', null],
    ['/etc/passwd', null],
    ['..', null],
    ['', null],
    ['x'.repeat(5_000), null],
  ])('reads %j as %j', (name, path) => {
    expect(pathInProject(shop, name)).toBe(path);
  });
});
