import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { type AdmitsOrigin, answerPreflight, isPreflight, letPageRead } from './admitted-origins.js';
import { tokenPage } from './token-page.js';

/** Who may ask this server. */
export interface Access {
  /** Names that a request's Host may have; any address (never a name) is allowed too when `anyAddress`. */
  hostNames: ReadonlySet<string>;
  anyAddress: boolean;
  /** What has to be shown, or null where none is required: on this machine only. */
  token: string | null;
  /** See `admittedOrigins`. */
  admits: AdmitsOrigin;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const COOKIE = 'gardener_token';

/** Who may ask beside this machine. */
export interface AccessOptions {
  /** More names of this machine. */
  otherNames?: readonly string[];
  /** Defaults to no origin but the server's own. */
  admits?: AdmitsOrigin;
}

/** @param host what is listened on; a loopback address needs no token */
export function accessFor(
  host: string,
  token: string | null,
  { otherNames = [], admits = async () => false }: AccessOptions = {},
): Access {
  const names = [...LOOPBACK_NAMES, isIP(host) === 6 ? `[${host}]` : host, ...otherNames];
  return {
    hostNames: new Set(names.map((name) => name.toLowerCase())),
    anyAddress: !isLoopback(host),
    token,
    admits,
  };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses what a foreign web page could send: a Host that is not ours (DNS rebinding), a foreign Origin or
 * Sec-Fetch-Site, and a body that is not declared JSON (a "simple" request needs no preflight). A page of an admitted
 * origin is answered, and its preflight too.
 * @throws GardenerError `server.foreign-host`, `server.foreign-origin`, `server.not-json`
 */
export function guardOrigin(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const host = (c.req.header('host') ?? '').toLowerCase();
    if (!isOurHost(host, access)) throw foreignHost(host);
    const origin = c.req.header('origin');
    if (origin !== undefined && (await access.admits(origin))) {
      letPageRead(c, origin);
      if (isPreflight(c)) return answerPreflight(c);
    } else if (!isPlainNavigation(c)) refuseForeignPage(c, host);
    if (hasBody(c) && !/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
      throw notJson();
    await next();
  };
}

/**
 * Asks for the token where one is required: `Authorization: Bearer`, or the cookie that opening `/?token=…` in a
 * browser leaves. A browser that has none is shown a page that asks for it.
 * @throws GardenerError `server.token-required`
 */
export function guardToken({ token }: Access): MiddlewareHandler {
  return async (c, next) => {
    if (token === null || c.req.path === '/health') return next();
    const given = c.req.query('token');
    if (given !== undefined && isPlainNavigation(c) && isSame(given, token)) {
      setCookie(c, COOKIE, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
      const url = new URL(c.req.url);
      url.searchParams.delete('token');
      return c.redirect(url.pathname + url.search);
    }
    const bearer = /^Bearer (.{1,200})$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const shown = bearer ?? getCookie(c, COOKIE);
    if (shown !== undefined && isSame(shown, token)) return next();
    if (wantsPage(c)) {
      const wasWrong = given !== undefined && given !== '';
      return c.html(tokenPage({ wasWrong }), 401, { 'www-authenticate': 'Bearer' });
    }
    throw tokenRequired();
  };
}

function isOurHost(host: string, { hostNames, anyAddress }: Access): boolean {
  const name = host.replace(/:\d{1,5}$/, '');
  if (hostNames.has(name)) return true;
  // DNS rebinding needs a name: an address in the Host field means that the page itself came from that address.
  return anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

/** A link that was followed, an address that was typed: it reads a page and changes nothing. */
function isPlainNavigation(c: Context): boolean {
  return (
    c.req.method === 'GET' &&
    (c.req.header('sec-fetch-mode') ?? 'navigate') === 'navigate' &&
    (c.req.header('sec-fetch-dest') ?? 'document') === 'document' &&
    c.req.header('origin') === undefined
  );
}

/** A person with a browser, not a program. */
function wantsPage(c: Context): boolean {
  return isPlainNavigation(c) && /\btext\/html\b/.test(c.req.header('accept') ?? '');
}

function refuseForeignPage(c: Context, host: string): void {
  const origin = c.req.header('origin');
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`) throw foreignOrigin(origin);
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreignOrigin(site);
}

function hasBody(c: Context): boolean {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return false;
  return c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length') ?? 0) > 0;
}

/** Hashed first, so that neither the time nor the length tells anything. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function foreignHost(host: string): GardenerError {
  return new GardenerError(
    'server.foreign-host',
    `This server does not answer to the name ${JSON.stringify(host)}.`,
    {
      remedy: 'Use the address that `gardener serve` has printed, or name the host with --allow-host.',
    },
  );
}

function foreignOrigin(origin: string): GardenerError {
  return new GardenerError(
    'server.foreign-origin',
    `A web page of another origin (${origin}) may not use this server.`,
    {
      remedy: 'Open the address that `gardener serve` has printed.',
    },
  );
}

function notJson(): GardenerError {
  return new GardenerError('server.not-json', 'The body of a request has to be JSON.', {
    remedy: 'Send it with the header content-type: application/json.',
  });
}

function tokenRequired(): GardenerError {
  return new GardenerError(
    'server.token-required',
    'This server asks for its token, and the request has none or a wrong one.',
    {
      remedy:
        'Open the whole address that `gardener serve` has printed, or send the token as Authorization: Bearer.',
    },
  );
}
