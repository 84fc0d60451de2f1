import { useCallback, useEffect, useRef, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { type ApiError, asApiError, request } from '../../api/request.js';
import { invalidate } from '../../api/resource.js';
import type { Exchange } from '../../api/types.js';
import { type Answer, ask, newAnswer, type Question } from './ask.js';

/** How a question is answered. */
export interface Mode {
  adapter: boolean;
  retrieval: boolean;
}

/** A question with what was answered: as it is stored, as it is being written, or two answers side by side. */
export type Turn =
  | { kind: 'stored'; exchange: Exchange }
  | { kind: 'asked'; answer: Answer; mode: Mode }
  | { kind: 'compared'; left: Answer; right: Answer; modes: readonly [Mode, Mode] };

type Stored = { id: string; exchanges: Exchange[] };

const conversationPath = (projectId: string, id: string): string =>
  projectPath(projectId, `/conversations/${encodeURIComponent(id)}`);

/** One conversation: its turns, and how to ask. Null begins a new one with the first question. */
export function useChat(projectId: string, conversationId: string | null, onCreated: (id: string) => void) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [loading, setLoading] = useState(conversationId !== null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const abort = useRef<AbortController | null>(null);
  /** The conversation that `turns` are of. */
  const shown = useRef<string | null>(null);

  const load = useCallback(async () => {
    abort.current?.abort();
    shown.current = conversationId;
    setTurns([]);
    setError(null);
    setLoading(conversationId !== null);
    if (conversationId === null) return;
    try {
      const { exchanges } = await request<Stored>('GET', conversationPath(projectId, conversationId));
      if (shown.current === conversationId)
        setTurns(exchanges.map((exchange) => ({ kind: 'stored', exchange })));
    } catch (caught) {
      if (shown.current === conversationId) setError(asApiError(caught));
    } finally {
      if (shown.current === conversationId) setLoading(false);
    }
  }, [projectId, conversationId]);
  useEffect(() => {
    // A conversation that was begun here is already in sight.
    if (shown.current !== conversationId || conversationId === null) void load();
  }, [conversationId, load]);
  useEffect(() => () => abort.current?.abort(), []);

  /** Runs `work` in this conversation, which is made first where there is none. */
  const within = async (
    work: (conversation: string, signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const controller = new AbortController();
    abort.current = controller;
    setBusy(true);
    try {
      let conversation = shown.current;
      if (conversation === null) {
        conversation = (await request<{ id: string }>('POST', projectPath(projectId, '/conversations'), {}))
          .id;
        shown.current = conversation;
        onCreated(conversation);
      }
      await work(conversation, controller.signal);
    } finally {
      if (abort.current === controller) setBusy(false);
      invalidate((path) => path === projectPath(projectId, '/conversations'));
    }
  };

  /** Shows a change, unless another conversation is in sight by now. */
  const placer = (signal: () => AbortSignal | undefined, before: readonly Turn[]) => (turn: Turn) => {
    if (signal()?.aborted && abort.current?.signal !== signal()) return;
    setTurns([...before, turn]);
  };

  /** Asks; with `replaceLast` the last question once more, in place of its answer. */
  const send = async (question: string, mode: Mode, replaceLast = false): Promise<void> => {
    let own: AbortSignal | undefined;
    const place = placer(() => own, replaceLast ? turns.slice(0, -1) : turns);
    const show = (answer: Answer): void => place({ kind: 'asked', answer, mode });
    show(newAnswer(question));
    try {
      await within(async (conversation, signal) => {
        own = signal;
        const body = {
          ...inMode(question, mode),
          ...(replaceLast && isStored(turns.at(-1)) && { replaceLast }),
        };
        await ask(projectId, conversation, body, signal, show);
      });
    } catch (caught) {
      show({ ...newAnswer(question), state: 'failed', error: asApiError(caught) });
    }
  };

  /** Asks twice, one after the other; neither answer is stored. */
  const compare = async (question: string, modes: readonly [Mode, Mode]): Promise<void> => {
    let own: AbortSignal | undefined;
    const place = placer(() => own, turns);
    const pair: [Answer, Answer] = [newAnswer(question), newAnswer(question)];
    const show = (side: 0 | 1, answer: Answer): void => {
      pair[side] = answer;
      place({ kind: 'compared', left: pair[0], right: pair[1], modes });
    };
    show(0, pair[0]);
    try {
      await within(async (conversation, signal) => {
        own = signal;
        for (const side of [0, 1] as const) {
          if (signal.aborted) show(side, { ...newAnswer(question), state: 'stopped' });
          else
            await ask(
              projectId,
              conversation,
              { ...inMode(question, modes[side]), store: false },
              signal,
              (answer) => show(side, answer),
            );
        }
      });
    } catch (caught) {
      show(0, { ...newAnswer(question), state: 'failed', error: asApiError(caught) });
    }
  };

  const stop = (): void => abort.current?.abort();
  return { turns, busy, loading, error, send, compare, stop, reload: () => void load() };
}

/** Whether the server has kept it: nothing is kept of an answer that never had a word. Pure. */
export function isStored(turn: Turn | undefined): boolean {
  if (turn === undefined || turn.kind === 'compared') return false;
  return turn.kind === 'stored' || turn.answer.text !== '' || turn.answer.end !== null;
}

function inMode(question: string, { adapter, retrieval }: Mode): Question {
  return { question, adapter: adapter ? 'promoted' : 'base', retrieval };
}
