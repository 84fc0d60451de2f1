import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { isStale, load, NOTHING, type Resource, stateOf, watch } from './resource-cache.js';

/** The data at `path`, fetched when first shown and again when invalidated; null asks for nothing. */
export function useResource<Data>(path: string | null): Resource<Data> & { reload: () => void } {
  const subscribe = useCallback(
    (listener: () => void) => (path === null ? () => undefined : watch(path, listener)),
    [path],
  );
  const state = useSyncExternalStore(subscribe, () => (path === null ? NOTHING : stateOf(path)));
  useEffect(() => {
    if (path !== null && isStale(path)) void load(path);
  }, [path]);
  const reload = useCallback(() => {
    if (path !== null) void load(path);
  }, [path]);
  return {
    ...(state as Resource<Data>),
    loading: state.loading || (path !== null && state === NOTHING),
    reload,
  };
}
