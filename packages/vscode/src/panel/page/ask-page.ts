import type { AskedCode, FromPage, ToPage } from '../messages.js';
import { answerParts, inlineParts } from './answer-parts.js';

// The page in the panel. Whatever the model or the server writes becomes text, never HTML.

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const editor = acquireVsCodeApi();
const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const part = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

const turns = part('turns');
const box = part<HTMLTextAreaElement>('question');
const send = part<HTMLButtonElement>('send');
const withCode = part<HTMLInputElement>('with-code');
let code: AskedCode | null = null;
/** The answer that is being written: its text so far, the question above it, and where it is shown. */
let writing: { text: string; asked: HTMLElement; shown: HTMLElement } | null = null;

const button = (title: string, act: () => void): HTMLButtonElement =>
  element('button', { type: 'button', textContent: title, onclick: act });

const rangeOf = ({ path, from, to }: AskedCode): string => `${path}:${from}${to > from ? `-${to}` : ''}`;

function showAnswer(text: string, shown: HTMLElement, isDone: boolean): void {
  const parts = answerParts(text).map((piece) => {
    if (piece.kind === 'text') return paragraph(piece.text);
    const block = element(
      'div',
      { className: 'code' },
      element('pre', {}, element('code', { textContent: piece.text })),
    );
    if (isDone) {
      block.append(
        button('Insert at the cursor', () => editor.postMessage({ type: 'insert', code: piece.text })),
        button('Copy', () => editor.postMessage({ type: 'copy', code: piece.text })),
      );
    }
    return block;
  });
  shown.replaceChildren(...parts);
  shown.scrollIntoView({ block: 'end' });
}

function paragraph(text: string): HTMLElement {
  const pieces = inlineParts(text.trim()).map(({ kind, text: words }) =>
    kind === 'code' ? element('code', { textContent: words }) : words,
  );
  return element('p', {}, ...pieces);
}

function begin(question: string, about: AskedCode | null): void {
  const shown = element(
    'div',
    { className: 'answer' },
    element('p', { className: 'quiet', textContent: 'Looking…' }),
  );
  const asked = element('div', { className: 'question', textContent: question });
  if (about !== null) asked.append(element('div', { className: 'quiet', textContent: rangeOf(about) }));
  turns.append(asked, shown);
  writing = { text: '', asked, shown };
  part('empty').hidden = true;
  setWriting(true);
  shown.scrollIntoView({ block: 'end' });
}

function setWriting(isWriting: boolean): void {
  send.textContent = isWriting ? 'Stop' : 'Ask';
  turns.setAttribute('aria-busy', String(isWriting));
}

function finish(...below: Node[]): void {
  if (writing === null) return;
  showAnswer(writing.text, writing.shown, true);
  writing.shown.append(...below);
  writing.shown.scrollIntoView({ block: 'end' });
  writing = null;
  setWriting(false);
}

const ACTIONS: { [Type in ToPage['type']]: (message: Extract<ToPage, { type: Type }>) => void } = {
  about: ({ project, answering, code: about }) => {
    part('about').textContent = `${project} · ${answering}`;
    code = about;
    part('code-row').hidden = code === null;
    withCode.checked = code !== null;
    part('code-range').textContent = code === null ? '' : rangeOf(code);
    box.focus();
  },
  question: ({ text, code: about }) => begin(text, about),
  notice: ({ text }) => writing?.asked.before(element('p', { className: 'quiet', textContent: text })),
  text: ({ text }) => {
    if (writing === null) return;
    writing.text += text;
    showAnswer(writing.text, writing.shown, false);
  },
  end: ({ sources, note }) => {
    const places = sources.map((source) => {
      const { path, startLine: line, endLine } = source;
      const open = button(`${path}:${line}-${endLine}`, () =>
        editor.postMessage({ type: 'open', path, line, endLine }),
      );
      open.className = 'link';
      return element('li', {}, open, ...(source.symbol === null ? [] : [` ${source.symbol}`]));
    });
    const title = element('h2', { textContent: 'Sources' });
    const list = places.length === 0 ? [] : [title, element('ol', { className: 'sources' }, ...places)];
    finish(...list, element('p', { className: 'quiet', textContent: note }));
  },
  error: ({ sentence, actions }) => {
    const buttons = actions.map((title, index) =>
      button(title, () => editor.postMessage({ type: 'act', index })),
    );
    const notice = element(
      'div',
      { className: 'error' },
      element('p', { textContent: sentence }),
      ...buttons,
    );
    notice.setAttribute('role', 'alert');
    if (writing === null) turns.append(notice);
    else finish(notice);
  },
  new: () => {
    turns.replaceChildren();
    part('empty').hidden = false;
    writing = null;
    setWriting(false);
    box.focus();
  },
};

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => ACTIONS[data.type](data as never));

function ask(): void {
  const question = box.value.trim();
  if (writing !== null || question === '') return;
  editor.postMessage({ type: 'ask', question, withCode: code !== null && withCode.checked });
  box.value = '';
}

send.onclick = () => (writing === null ? ask() : editor.postMessage({ type: 'stop' }));
part('new').onclick = () => editor.postMessage({ type: 'new' });
box.onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask();
};
editor.postMessage({ type: 'ready' });
