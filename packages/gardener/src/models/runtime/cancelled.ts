import { GardenerError } from '../../garden/errors/garden-error.js';

/** The error of an answer that was stopped by its reader. */
export function cancelled(): GardenerError {
  return new GardenerError('models.cancelled', 'The answer was stopped.', {
    remedy: 'Ask again when you like.',
  });
}
