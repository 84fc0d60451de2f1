import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-content: center; min-height: 90vh; margin: 0; padding: 24px; }
main { max-width: 26rem; }
h1 { font-size: 1.25rem; }
label { display: block; margin: 1.25rem 0 .25rem; font-weight: 600; }
input, button { box-sizing: border-box; width: 100%; padding: .6rem .75rem; border: 1px solid light-dark(#767f79, #8f9a93); border-radius: 8px; font: inherit; }
button { margin-top: .75rem; border: 0; background: #1d7a46; color: #fff; font-weight: 600; }
code { font-family: ui-monospace, monospace; }
`;

/** The style of the page, for the Content-Security-Policy: nothing else may stand in a page. */
export const TOKEN_PAGE_STYLE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/**
 * What a browser is shown that has no token yet: a page without scripts that asks for it. It never
 * holds anything of the request.
 */
export function tokenPage({ wasWrong }: { wasWrong: boolean }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Codebase Gardener</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>This server asks for its token</h1>
<p>It can be reached from other machines, so only who has the token may read your code.
It stands at the end of the address that <code>gardener serve</code> has printed.</p>
${wasWrong ? '<p role="alert">That was not the token.</p>' : ''}
<form action="/" method="get">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open</button>
</form>
</main>
</body>
</html>
`;
}
