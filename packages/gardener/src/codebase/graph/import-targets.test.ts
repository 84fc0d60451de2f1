import { describe, expect, it } from 'vitest';
import { ImportTargets } from './import-targets.js';

describe('what an import means', () => {
  const paths = [
    'app/__init__.py',
    'app/util/text.py',
    'app/views.py',
    'cmd/main.go',
    'include/ring.h',
    'lib/shop.rb',
    'lib/shop/order.rb',
    'pkg/store/list.go',
    'pkg/store/store.go',
    'src/Http/Client.php',
    'src/error.rs',
    'src/index.ts',
    'src/main.rs',
    'src/org/example/store/Repository.java',
    'src/parse/mod.rs',
    'src/view/list.tsx',
    'src/view/page.ts',
    'src/ring.c',
  ];
  const targets = new ImportTargets();
  for (const path of paths) targets.add(path);
  const find = (from: string, source: string, name: string | null = null) => targets.find(from, source, name);

  it.each([
    ['src/view/page.ts', './list.js', null, ['src/view/list.tsx']],
    ['src/view/page.ts', '..', null, ['src/index.ts']],
    ['src/view/page.ts', '../index.js', null, ['src/index.ts']],
    ['src/view/page.ts', 'react', 'useState', []],
    ['src/view/page.ts', './gone.js', null, []],
    ['app/views.py', '.util.text', 'shorten', ['app/util/text.py']],
    ['app/util/text.py', '..', 'views', ['app/views.py']],
    ['app/util/text.py', '..', 'Anything', ['app/__init__.py']],
    ['app/views.py', 'app.util', 'text', ['app/util/text.py']],
    ['app/views.py', 'os.path', null, []],
    ['cmd/main.go', 'example.org/app/pkg/store', 'store', ['pkg/store/list.go', 'pkg/store/store.go']],
    ['cmd/main.go', 'encoding/json', 'json', []],
    ['src/ring.c', 'ring.h', null, ['include/ring.h']],
    ['lib/shop.rb', 'shop/order', null, ['lib/shop/order.rb']],
    ['src/main.rs', 'crate::error::Error', 'Error', ['src/error.rs']],
    ['src/main.rs', 'parse', 'parse', ['src/parse/mod.rs']],
    ['src/main.rs', 'std::collections::HashMap', 'HashMap', []],
    ['src/index.ts', 'org.example.store.Repository', 'Repository', ['src/org/example/store/Repository.java']],
    ['src/index.ts', 'Garden\\Http\\Client', 'Client', ['src/Http/Client.php']],
  ])('%s imports %s (%s)', (from, source, name, expected) => {
    expect(find(from, source, name)).toEqual(expected);
  });

  it('follows the paths that there are, in whatever order they came', () => {
    const some = new ImportTargets();
    const found = () => some.find('src/view/page.ts', './list.js', null);
    expect(found()).toEqual([]);
    some.add('src/view/list.tsx');
    expect(found()).toEqual(['src/view/list.tsx']);
    some.add('src/view/list.js');
    expect(found()).toEqual(['src/view/list.js']);
    some.remove('src/view/list.js');
    expect(found()).toEqual(['src/view/list.tsx']);
    some.remove('src/view/list.tsx');
    expect(found()).toEqual([]);

    const [there, back] = [new ImportTargets(), new ImportTargets()];
    const stores = ['store.py', 'deep/b/store.py', 'b/store.py', 'c/store.py'];
    for (const path of stores) there.add(path);
    for (const path of stores.toReversed()) back.add(path);
    for (const source of ['store', 'b.store', 'deep.b.store', 'x.store'])
      expect([...there.find('a.py', source, null)].sort()).toEqual(
        [...back.find('a.py', source, null)].sort(),
      );
  });

  it('means other files than the one that imports, whoever asked first', () => {
    const some = new ImportTargets();
    for (const path of ['a/x.go', 'a/y.go', 'a/z.go']) some.add(path);
    expect(some.find('a/x.go', 'org/a', null)).toEqual(['a/y.go', 'a/z.go']);
    expect(some.find('a/y.go', 'org/a', null)).toEqual(['a/x.go', 'a/z.go']);
  });

  it('takes names of any length', () => {
    for (const source of ['.'.repeat(300), 'a.'.repeat(150), '../'.repeat(100), '::'.repeat(150), '', '/'])
      expect(find('src/main.rs', source, 'x')).toEqual([]);
  });
});
