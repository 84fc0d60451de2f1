import { createInterface } from 'node:readline/promises';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Session } from '../session/session.js';

/**
 * Asks before something is deleted.
 * @param question one line, without control characters
 * @param name what is to be deleted, for the error
 * @throws GardenerError `cli.cannot-ask` where there is no terminal, `cli.not-confirmed`
 */
export async function confirmRemoval(session: Session, question: string, name: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new GardenerError('cli.cannot-ask', `${name} was not removed: there is no terminal to ask on.`, {
      remedy: 'Pass --yes to remove it without being asked.',
    });
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-D closes the input and answers nothing.
  const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([
      asking.question(`${question} [y/N] `, { signal: session.signal }),
      closed,
    ]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asking.close();
  }
  throw new GardenerError('cli.not-confirmed', `${name} was not removed.`, {
    remedy: 'Answer y, or use --yes.',
  });
}
