// The page around a report: one file that loads nothing and runs nothing, by its own Content-Security-Policy.
import { createHash } from 'node:crypto'
import { html, type Markup } from './element.ts'
import { STYLE } from './style.ts'

/** Only this page's own stylesheet is allowed, by its hash; no script, image, font, frame or form. */
export function contentSecurityPolicy(): string {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
}

/** Wraps the body of a report into a whole document. */
export function page(title: string, body: Markup): string {
  const style: Markup = { markup: `<style>${STYLE}</style>` }
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy()}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${style}
</head>
<body>
${body}
</body>
</html>
`
  return document.markup
}
