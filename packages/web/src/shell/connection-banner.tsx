import { type ReactNode, useEffect, useState } from 'react';
import { useConnection } from '../api/live.js';
import { Icon } from '../design/icons.js';

/** A shorter interruption is not shown. */
const PATIENCE_MS = 1_200;

/** Says that the server cannot be reached, until it can. */
export function ConnectionBanner(): ReactNode {
  const away = useConnection() === 'away';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!away) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [away]);
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <div className="banner">
          <Icon name="offline" />
          <span>
            The server is away. Trying again by itself; start it with <code>gardener serve</code>. A training
            goes on without it.
          </span>
        </div>
      )}
    </div>
  );
}
