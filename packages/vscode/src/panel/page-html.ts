/** Where the page's parts are, as the webview serves them. */
export interface PageParts {
  script: string;
  style: string;
  /** Of this page alone; only the script that has it runs. */
  nonce: string;
  /** What the webview serves its own files from. */
  source: string;
}

/** The page in the panel: nothing is loaded from elsewhere. */
export function pageHtml({ script, style, nonce, source }: PageParts): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'">
<link rel="stylesheet" href="${style}">
<title>Ask Gardener</title>
</head>
<body>
<header><span id="about"></span><button type="button" id="new">New conversation</button></header>
<main>
<p id="empty" class="quiet">Ask about this codebase. The answer names the places it rests on; a click opens them.</p>
<div id="turns" aria-live="polite"></div>
</main>
<footer>
<div id="code-row" hidden><label><input type="checkbox" id="with-code"> About <code id="code-range"></code></label></div>
<textarea id="question" rows="3" aria-label="Your question" placeholder="Your question. Enter sends it."></textarea>
<button type="button" id="send">Ask</button>
</footer>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
