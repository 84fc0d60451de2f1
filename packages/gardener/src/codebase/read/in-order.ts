/**
 * What work makes of items, in their order, while the work on some of the next ones is under way already.
 * @param ahead how many at most are under way
 * @throws what work throws, when that item's turn comes; nothing is begun afterwards
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result> | Result,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for (const item of items) {
    const result = Promise.resolve(work(item));
    // A failure is thrown when its turn comes; until then Node must not take the promise for an unhandled one.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length < ahead) continue;
    yield await (underWay.shift() as Promise<Result>);
  }
  for (const result of underWay) yield await result;
}
