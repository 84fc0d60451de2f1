import type { FoundSecret } from './found-secret.js';

/** Finds secrets in a text, offsets in that text. */
type Find = (text: string) => FoundSecret[];

// "a" + "b", 'a' . 'b', "a" "b" on one line or two, and with a backslash at the line's end.
const JOINT =
  /(["'`])[ \t]{0,20}(?:\+|\.{1,2}|&|\\)?[ \t]{0,20}(?:\r?\n[ \t]{0,40}(?:\+|\.{1,2}|&)?[ \t]{0,20})?[bfru@]{0,2}\1/g;
const MAX_JOINTS_TOGETHER = 40;
/** How much of the line around the literals is looked at with them. */
const CONTEXT_CHARACTERS = 400;
const BASE64 = /[A-Za-z0-9+/_-]{16,4000}={0,2}/g;

interface Joint {
  start: number;
  end: number;
}

/**
 * Finds what shows only when neighbouring literals are read as one. What is found is masked in each of them; the text
 * between stays.
 */
export function findInJoined(text: string, find: Find): FoundSecret[] {
  const joints: Joint[] = [];
  for (const match of text.matchAll(JOINT)) {
    const [whole] = match;
    const around = text.slice(Math.max(0, match.index - 1), match.index + whole.length + 1);
    // `""` is an empty literal, and not the end of one and the start of the next.
    if (
      (whole.length === 2 && !/\w..\w/.test(around)) ||
      !isInsideToken(text, match.index, match.index + whole.length)
    )
      continue;
    joints.push({ start: match.index, end: match.index + whole.length });
  }
  const found: FoundSecret[] = [];
  for (const group of groupsByLine(text, joints)) {
    const from = group[0]?.start ?? 0;
    const to = group.at(-1)?.end ?? from;
    const before = text.slice(Math.max(0, from - CONTEXT_CHARACTERS), from);
    const first = from - before.length + before.lastIndexOf('\n') + 1;
    const lineEnd = text.slice(to, to + CONTEXT_CHARACTERS).indexOf('\n');
    const last = Math.min(text.length, to + (lineEnd === -1 ? CONTEXT_CHARACTERS : lineEnd));
    const pieces = piecesBetween(group, first, last);
    const joined = pieces.map(({ start, end }) => text.slice(start, end)).join('');
    for (const secret of find(joined)) {
      const whole = secret.secret ?? joined.slice(secret.start, secret.end);
      found.push(...placesIn(pieces, { ...secret, secret: whole }));
    }
  }
  return found;
}

/** Finds what shows only when a run of base64 is decoded; the whole of it is masked. */
export function findInBase64(text: string, find: Find): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const match of text.matchAll(BASE64)) {
    const [encoded] = match;
    if (!isPrintable(Buffer.from(encoded.slice(0, 16), 'base64').toString('latin1'))) continue;
    const decoded = Buffer.from(encoded, 'base64').toString('latin1');
    if (!isPrintable(decoded)) continue;
    const [secret] = find(decoded);
    if (secret === undefined) continue;
    found.push({ start: match.index, end: match.index + encoded.length, rule: `${secret.rule} in base64` });
  }
  return found;
}

function isInsideToken(text: string, start: number, end: number): boolean {
  return /[\w+/=!#$%&*@~.-]/.test(text[start - 1] ?? '') && /[\w+/=!#$%&*@~.-]/.test(text[end] ?? '');
}

/** Joints that follow each other on a line, or from line to line. */
function groupsByLine(text: string, joints: readonly Joint[]): Joint[][] {
  const groups: Joint[][] = [];
  for (const joint of joints) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    const isNear = previous !== undefined && !text.slice(previous.end, joint.start).includes('\n');
    if (group !== undefined && isNear && group.length < MAX_JOINTS_TOGETHER) group.push(joint);
    else groups.push([joint]);
  }
  return groups;
}

function piecesBetween(joints: readonly Joint[], first: number, last: number): Joint[] {
  const pieces: Joint[] = [];
  let start = first;
  for (const joint of joints) {
    pieces.push({ start, end: joint.start });
    start = joint.end;
  }
  pieces.push({ start, end: last });
  return pieces;
}

/** Where a range of the joined text stands in the text: one place a piece that it touches. */
function placesIn(
  pieces: readonly Joint[],
  { secret, ...found }: FoundSecret & { secret: string },
): FoundSecret[] {
  const places: FoundSecret[] = [];
  let offset = 0;
  for (const { start, end } of pieces) {
    const from = Math.max(found.start, offset);
    const to = Math.min(found.end, offset + end - start);
    if (from < to) {
      const isFirst = places.length === 0;
      const place = { start: start + from - offset, end: start + to - offset, rule: found.rule, secret };
      places.push(isFirst ? place : { ...place, continues: true });
    }
    offset += end - start;
  }
  return places;
}

function isPrintable(text: string): boolean {
  return text.length >= 8 && /^[\t\n\r\x20-\x7e]+$/.test(text);
}
