// The renderings of a comparison, as the compare command asks for them.
export { renderComparisonHtml } from './compare/html.ts'
export { renderComparisonMarkdown } from './compare/markdown.ts'
export { renderComparisonTerminal } from './compare/terminal.ts'
