import { describe, expect, it } from 'vitest';
import { pathInProject, projectOfFolder } from './project-of-folder.js';
import { projectView } from './project-view.fixture.js';

const projects = [
  projectView({ name: 'shop', path: '/code/shop' }),
  projectView({ name: 'cart', path: '/code/shop/packages/cart' }),
  projectView({ name: 'blog', path: 'C:\\Code\\blog' }),
  projectView({ name: 'twice', path: '/a/twice' }),
  projectView({ name: 'twice', path: '/b/twice' }),
];
const found = (path: string | null, name = 'x', chosen = '') =>
  projectOfFolder(projects, { name, path }, chosen)?.project.name ?? null;

describe('the project of a folder', () => {
  it('is the innermost codebase that it lies in', () => {
    expect(found('/code/shop')).toBe('shop');
    expect(found('/code/shop/')).toBe('shop');
    expect(found('/code/shop/src')).toBe('shop');
    expect(found('/code/shop/packages/cart/src')).toBe('cart');
    expect(found('/code/shopping')).toBeNull();
    expect(found('/elsewhere', 'shop')).toBeNull();
  });

  it('is the only codebase in it, where it is none itself', () => {
    expect(found('/a')).toBe('twice');
    expect(found('/code')).toBeNull();
  });

  it('is found whatever the letters of a drive and the slashes', () => {
    expect(found('c:/code/Blog')).toBe('blog');
    expect(found('c:\\Code\\blog\\src')).toBe('blog');
  });

  it('has the folder’s name where no path is known, if there is one such project', () => {
    expect(found(null, 'shop')).toBe('shop');
    expect(found(null, 'twice')).toBeNull();
    expect(found(null, 'other')).toBeNull();
  });

  it('is what was chosen, and none when that is gone', () => {
    expect(found('/code/shop', 'shop', 'cart-1')).toBe('cart');
    expect(found('/code/shop', 'shop', 'cart')).toBe('cart');
    expect(found('/code/shop', 'shop', 'removed-9')).toBeNull();
  });
});

it('names a file as the index does', () => {
  expect(pathInProject('/code/shop/src/a.ts', '/code/shop')).toBe('src/a.ts');
  expect(pathInProject('/code/shop/src/a.ts', '/code/shop/')).toBe('src/a.ts');
  expect(pathInProject('c:\\Code\\Blog\\Src\\A.ts', 'C:\\code\\blog')).toBe('Src/A.ts');
  expect(pathInProject('/code/shopping/a.ts', '/code/shop')).toBeNull();
  expect(pathInProject('/code/shop', '/code/shop')).toBeNull();
});
