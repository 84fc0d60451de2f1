import { describe, expect, it } from 'vitest';
import { editorAddress, parseRoute, projectHref } from './route.js';

describe('parseRoute', () => {
  it.each([
    ['/', { page: 'home' }],
    ['/settings', { page: 'settings' }],
    ['/fleet', { page: 'fleet' }],
    ['/fleet/more', { page: 'not-found' }],
    ['/p/shop', { page: 'project', project: 'shop', tab: 'overview' }],
    ['/p/shop/chat', { page: 'project', project: 'shop', tab: 'chat' }],
    ['/p/shop/nonsense', { page: 'not-found' }],
    ['/p/shop/chat/more', { page: 'not-found' }],
    ['/p', { page: 'not-found' }],
    ['/p/%E0%A4%A/chat', { page: 'not-found' }],
  ])('%s', (pathname, route) => expect(parseRoute(pathname)).toEqual(route));

  it('finds a project again by the address made for it', () => {
    for (const name of ['my shop', 'a/b', '100%', 'prüf?#']) {
      expect(parseRoute(projectHref(name, 'search'))).toEqual({
        page: 'project',
        project: name,
        tab: 'search',
      });
    }
  });
});

it('names the address of a project for editors, whatever it is called', () => {
  expect(editorAddress('http://127.0.0.1:4747', 'shop')).toBe('http://127.0.0.1:4747/p/shop');
  expect(editorAddress('http://127.0.0.1:4747', 'a/b c')).toBe('http://127.0.0.1:4747/p/a%2Fb%20c');
});
