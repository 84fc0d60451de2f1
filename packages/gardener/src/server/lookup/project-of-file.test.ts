import { describe, expect, it } from 'vitest';
import { codeInProject, pathInProject, projectOfFile } from './project-of-file.js';

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

describe('codeInProject', () => {
  const told = {
    ...{ path: '/code/shop/src/a.ts', before: 'a', after: 'b' },
    files: [
      { path: '/code/shop/src/b.ts', text: 'b' },
      { path: '/home/someone/secret.ts', text: 'c' },
      { path: '../up.ts', text: 'd' },
      { path: null, text: 'e' },
      { path: 'src/empty.ts', text: '\n' },
    ],
  };

  it("names files as the project's index does, and those elsewhere not at all", () => {
    expect(codeInProject(shop, told)).toEqual({
      ...{ path: 'src/a.ts', before: 'a', after: 'b' },
      extra: [
        { path: 'src/b.ts', text: 'b' },
        { path: 'snippet-2', text: 'c' },
        { path: 'snippet-3', text: 'd' },
        { path: 'snippet-4', text: 'e' },
      ],
    });
  });

  it('tells no place on the machine where no project is meant', () => {
    const { path, extra } = codeInProject(null, { ...told, path: 'src/a.ts' });
    expect([path, ...(extra ?? []).map((file) => file.path)]).toEqual([
      ...['src/a.ts', 'snippet-1', 'snippet-2', 'snippet-3', 'snippet-4'],
    ]);
    expect(codeInProject(null, told).path).toBeNull();
  });
});
