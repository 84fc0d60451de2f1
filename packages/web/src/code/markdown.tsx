import { lexer, type Token, type Tokens } from 'marked';
import { Fragment, memo, type ReactNode, useMemo } from 'react';
import { CopyButton } from '../design/copy-button.js';
import { CodeLines } from './code-lines.js';

/** A place in the code that a text names: `src/cart.ts:12-40`. */
export interface Place {
  path: string;
  startLine: number;
  endLine: number;
}

interface MarkdownProps {
  text: string;
  /** Places that the text may name; these become buttons. */
  places?: readonly Place[];
  onOpen?: (place: Place) => void;
}

type Rendering = Pick<MarkdownProps, 'places' | 'onOpen'>;

/**
 * Markdown as elements. Nothing is ever set as HTML: tags in the text are shown as the text they are, pictures are not
 * fetched, and links lead only to http(s).
 */
export const Markdown = memo(function Markdown({ text, places, onOpen }: MarkdownProps): ReactNode {
  const tokens = useMemo(() => lexer(text, { gfm: true }), [text]);
  return <div className="markdown">{blocks(tokens, { places, onOpen })}</div>;
});

function blocks(tokens: readonly Token[], how: Rendering): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{block(token, how)}</Fragment>);
}

function block(token: Token, how: Rendering): ReactNode {
  switch (token.type) {
    case 'heading':
      return <p className="markdown-heading">{inline(token.tokens ?? [], how)}</p>;
    case 'paragraph':
      return <p>{inline(token.tokens ?? [], how)}</p>;
    case 'code':
      return <Fence text={(token as Tokens.Code).text} language={(token as Tokens.Code).lang ?? null} />;
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [], how)}</blockquote>;
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const rows = items.map((item, index) => <li key={index}>{blocks(item.tokens, how)}</li>);
      return ordered ? <ol start={start === '' ? 1 : start}>{rows}</ol> : <ul>{rows}</ul>;
    }
    case 'table':
      return <Table table={token as Tokens.Table} how={how} />;
    case 'hr':
      return <hr />;
    case 'space':
    case 'def':
      return null;
    case 'text':
      return token.tokens ? inline(token.tokens, how) : (token as Tokens.Text).text;
    default:
      return <p>{token.raw}</p>;
  }
}

function Fence({ text, language }: { text: string; language: string | null }): ReactNode {
  return (
    <figure className="fence">
      <figcaption>
        <span>{language || 'text'}</span>
        <CopyButton text={text} />
      </figcaption>
      <CodeLines text={text} language={language} label={`Code, ${language || 'text'}`} />
    </figure>
  );
}

function Table({ table, how }: { table: Tokens.Table; how: Rendering }): ReactNode {
  const cells = (row: readonly Tokens.TableCell[], Cell: 'th' | 'td') =>
    row.map((cell, index) => <Cell key={index}>{inline(cell.tokens, how)}</Cell>);
  return (
    <div className="table-scroll">
      <table>
        <thead>
          <tr>{cells(table.header, 'th')}</tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>{cells(row, 'td')}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[], how: Rendering): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{inlineOne(token, how)}</Fragment>);
}

function inlineOne(token: Token, how: Rendering): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens ?? [], how)}</strong>;
    case 'em':
      return <em>{inline(token.tokens ?? [], how)}</em>;
    case 'del':
      return <del>{inline(token.tokens ?? [], how)}</del>;
    case 'codespan':
      return <CodeSpan text={(token as Tokens.Codespan).text} how={how} />;
    case 'br':
      return <br />;
    case 'link':
      return link(token as Tokens.Link, how);
    case 'escape':
      return (token as Tokens.Escape).text;
    case 'text':
      return token.tokens ? inline(token.tokens, how) : (token as Tokens.Text).text;
    default:
      return token.raw;
  }
}

function CodeSpan({ text, how }: { text: string; how: Rendering }): ReactNode {
  const place = placeNamed(text, how.places ?? []);
  if (place === null || !how.onOpen) return <code>{text}</code>;
  return (
    <button type="button" className="place-inline" onClick={() => how.onOpen?.(place)}>
      {text}
    </button>
  );
}

/** The place that `text` names, if it is one of the answer's own. Lines may be left out. Pure. */
export function placeNamed(text: string, places: readonly Place[]): Place | null {
  const [, path, from, to] = /^(.+?)(?::(\d+)(?:-(\d+))?)?$/.exec(text.trim()) ?? [];
  const found = places.filter((one) => one.path === path);
  if (found[0] === undefined) return null;
  if (from === undefined) return found[0];
  const startLine = Number(from);
  return { path: found[0].path, startLine, endLine: Math.max(startLine, Number(to ?? from)) };
}

function link({ href, tokens }: Tokens.Link, how: Rendering): ReactNode {
  if (!/^https?:\/\//i.test(href)) return inline(tokens, how);
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {inline(tokens, how)}
    </a>
  );
}
