import { useCallback, useEffect, useRef, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { type ApiError, asApiError, isAbort, request } from '../../api/request.js';
import { invalidate } from '../../api/resource-cache.js';
import type { Conversation, Exchange, NewConversation, Question } from '../../api/types.js';
import { type Answer, ask, newAnswer } from './ask.js';

/** What a question is answered with: the adapter or the base alone, with or without retrieved code. */
export interface Mode {
  adapter: boolean;
  retrieval: boolean;
}

/** A question with what was answered: as it is stored, as it is being written, or two answers side by side. */
export type Turn =
  | { kind: 'stored'; exchange: Exchange }
  | { kind: 'asked'; answer: Answer; mode: Mode }
  | { kind: 'compared'; left: Answer; right: Answer; modes: readonly [Mode, Mode] };

type Work = (what: {
  conversation: string;
  signal: AbortSignal;
  place: (turn: Turn) => void;
}) => Promise<void>;

const conversationPath = (projectId: string, id: string): string =>
  projectPath(projectId, `/conversations/${encodeURIComponent(id)}`);

/** One conversation: its turns and the functions that ask. With null, the first question creates a conversation. */
export function useChat(projectId: string, conversationId: string | null, onCreated: (id: string) => void) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [loading, setLoading] = useState(conversationId !== null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const abort = useRef<AbortController | null>(null);
  /** The conversation whose turns are in `turns`. */
  const shown = useRef<string | null>(null);

  const load = useCallback(async () => {
    abort.current?.abort();
    shown.current = conversationId;
    setTurns([]);
    setError(null);
    setLoading(conversationId !== null);
    if (conversationId === null) return;
    try {
      const { exchanges } = await request<Conversation>('GET', conversationPath(projectId, conversationId));
      if (shown.current === conversationId)
        setTurns(exchanges.map((exchange) => ({ kind: 'stored', exchange })));
    } catch (caught) {
      if (shown.current === conversationId) setError(asApiError(caught));
    } finally {
      if (shown.current === conversationId) setLoading(false);
    }
  }, [projectId, conversationId]);
  useEffect(() => {
    // A conversation that this page has just created is shown already.
    if (shown.current !== conversationId || conversationId === null) void load();
  }, [conversationId, load]);
  useEffect(() => () => abort.current?.abort(), []);

  /**
   * Shows the turn `first` after the turns `before`, then runs `work` in this conversation, which is created where
   * there is none. Turns that `work` places are shown for as long as the conversation is.
   */
  const within = async (before: readonly Turn[], first: Turn, work: Work): Promise<void> => {
    const controller = new AbortController();
    const { signal } = controller;
    abort.current = controller;
    let conversation = shown.current;
    const place = (turn: Turn): void => {
      if (shown.current === conversation) setTurns([...before, turn]);
    };
    place(first);
    setBusy(true);
    try {
      if (conversation === null) {
        const made = await request<NewConversation>(
          'POST',
          projectPath(projectId, '/conversations'),
          {},
          signal,
        );
        conversation = made.id;
        shown.current = conversation;
        onCreated(conversation);
      }
      await work({ conversation, signal, place });
    } catch (error) {
      place(
        ended(first, isAbort(error) ? { state: 'stopped' } : { state: 'failed', error: asApiError(error) }),
      );
    } finally {
      if (abort.current === controller) setBusy(false);
      invalidate((path) => path === projectPath(projectId, '/conversations'));
    }
  };

  /** Asks a question; with `replaceLast`, its answer replaces the last turn. */
  const send = (question: string, mode: Mode, replaceLast = false): Promise<void> => {
    const asked = (answer: Answer): Turn => ({ kind: 'asked', answer, mode });
    const before = replaceLast ? turns.slice(0, -1) : turns;
    const body = { ...inMode(question, mode), ...(replaceLast && isStored(turns.at(-1)) && { replaceLast }) };
    return within(before, asked(newAnswer(question)), async ({ conversation, signal, place }) => {
      await ask(projectId, conversation, body, signal, (answer) => place(asked(answer)));
    });
  };

  /** Asks the question in both modes, one after the other; neither answer is stored. */
  const compare = (question: string, modes: readonly [Mode, Mode]): Promise<void> => {
    const pair: [Answer, Answer] = [newAnswer(question), newAnswer(question)];
    const compared = (): Turn => ({ kind: 'compared', left: pair[0], right: pair[1], modes });
    return within(turns, compared(), async ({ conversation, signal, place }) => {
      for (const side of [0, 1] as const) {
        const show = (answer: Answer): void => {
          pair[side] = answer;
          place(compared());
        };
        if (signal.aborted) show({ ...pair[side], state: 'stopped' });
        else
          await ask(
            projectId,
            conversation,
            { ...inMode(question, modes[side]), store: false },
            signal,
            show,
          );
      }
    });
  };

  const stop = (): void => abort.current?.abort();
  return { turns, busy, loading, error, send, compare, stop, reload: () => void load() };
}

/** A turn whose answers ended before their first word. */
function ended(turn: Turn, how: Partial<Answer>): Turn {
  if (turn.kind === 'asked') return { ...turn, answer: { ...turn.answer, ...how } };
  if (turn.kind === 'compared')
    return { ...turn, left: { ...turn.left, ...how }, right: { ...turn.right, state: 'stopped' } };
  return turn;
}

/** Whether the server has stored a turn: an answer without a single word is not stored. */
export function isStored(turn: Turn | undefined): boolean {
  if (turn === undefined || turn.kind === 'compared') return false;
  return turn.kind === 'stored' || turn.answer.text !== '' || turn.answer.end !== null;
}

function inMode(question: string, { adapter, retrieval }: Mode): Question {
  return { question, adapter: adapter ? 'promoted' : 'base', retrieval };
}
