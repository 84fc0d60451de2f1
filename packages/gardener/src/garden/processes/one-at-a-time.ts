/**
 * Makes a queue of one: what is given to the function begins when everything given before it has ended.
 * @returns a function that gives what the work gives, and throws what it throws
 */
export function oneAtATime(): <Result>(work: () => Promise<Result> | Result) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
