import { expect, it } from 'vitest';
import { parameterNames } from './parameter-names.js';

it.each([
  ['def add(self, left: int, right: int = 2) -> int:', 'python', ['left', 'right']],
  ['async def run(cls, *args, timeout=None, **options)', 'python', ['args', 'timeout', 'options']],
  ['function map<T>(items: T[], each: (item: T) => void)', 'typescript', ['items', 'each']],
  ['constructor(private readonly paths: Map<string, number>)', 'typescript', ['paths']],
  ['func (s *Server) Serve(ctx context.Context, port int) error', 'go', ['ctx', 'port']],
  ['pub fn read(&self, path: &Path, mut limit: usize) -> Result<()>', 'rust', ['path', 'limit']],
  ['public static String join(List<String> parts, char separator)', 'java', ['parts', 'separator']],
  ['int copy(const char *from, char to[], size_t n)', 'c', ['from', 'to', 'n']],
  ['fun close(id: String, force: Boolean = false)', 'kotlin', ['id', 'force']],
  ['func move(_ from: Int, to target: Int = 0, by step: inout Int)', 'swift', ['from', 'target', 'step']],
  ['func add(count: Int)', 'swift', ['count']],
  ['int now(void)', 'c', []],
  ['int log(const char *format, ...)', 'c', ['format']],
  ['int size(void *at)', 'c', ['at']],
  ['fun all(vararg items: T, crossinline each: (T) -> Unit)', 'kotlin', ['items', 'each']],
  ['class Open(override val name: String, private var size: Int)', 'kotlin', ['name', 'size']],
  ['def first(_, second)', 'python', ['second']],
  ['func Handle(_ context.Context, name string)', 'go', ['name']],
  ['class Empty', 'python', []],
  ['function take({ a, b }: Options)', 'typescript', []],
] as const)('%s', (signature, language, names) => {
  expect(parameterNames(signature, language)).toEqual(names);
});
