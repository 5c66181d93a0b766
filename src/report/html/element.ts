// Markup that cannot be forgotten to escape: every text that a template takes in is cleaned and escaped, only markup made here is not.
import { cleanBlock, cleanLine, escapeMarkup, shorten } from '../text.ts'

/** Finished markup; only this file and the chart renderer make it. */
export type Markup = { readonly markup: string }

export type Content = string | number | Markup | undefined | readonly Content[]

/** No single text may swell the page. */
const TEXT_GLYPHS = 4000

function render(content: Content): string {
  if (content === undefined) return ''
  if (typeof content === 'string') return escapeMarkup(shorten(cleanLine(content), TEXT_GLYPHS))
  if (typeof content === 'number') return String(content)
  if ('markup' in content) return content.markup
  return content.map(render).join('')
}

/** A template whose texts are escaped. */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Markup {
  return { markup: parts.map((part, index) => part + render(contents[index])).join('') }
}

/** A block of lines that keeps its breaks. */
export function block(text: string): Markup {
  return { markup: escapeMarkup(cleanBlock(text)) }
}

/** An SVG from the chart renderer, with its description for those who cannot see it. */
export function picture(svg: string, describe: string): Markup {
  return {
    markup: svg.replace('<svg ', `<svg class="chart" role="img" aria-label="${escapeMarkup(cleanLine(describe))}" `),
  }
}
