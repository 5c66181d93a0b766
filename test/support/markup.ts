// Reads a page as a browser would split it into tags, and names everything that our reports never write.

const ELEMENTS = new Set(
  '!doctype html head meta title style body header nav section div p h1 h2 h3 span strong ul li dl dt dd a details summary table caption thead tbody tr th td code pre figure figcaption footer svg g path line rect circle text tspan defs clippath lineargradient stop'.split(
    ' ',
  ),
)
const ATTRIBUTES = new Set(
  'lang charset http-equiv content name id class href aria-label aria-hidden role scope open width height viewbox xmlns d fill stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-opacity fill-opacity opacity transform text-anchor font-size font-weight font-family x y x1 y1 x2 y2 cx cy r rx clip-path'.split(
    ' ',
  ),
)

/** Every tag or attribute that a report does not write, and every address outside the page. */
export function foreignMarkup(page: string): string[] {
  const found: string[] = []
  for (const [tag = '', name = '', rest = ''] of page.matchAll(
    /<\/?([a-z!][^\s/>]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi,
  )) {
    if (!ELEMENTS.has(name.toLowerCase())) found.push(tag)
    const left = rest.replace(/\s+([^\s=/>"']+)="([^"]*)"/g, (whole: string, attribute: string, value: string) => {
      if (!ATTRIBUTES.has(attribute.toLowerCase())) found.push(whole)
      if (attribute === 'href' && !/^#[a-z0-9-]+$/.test(value)) found.push(whole)
      return ''
    })
    if (!/^(?:\s+(?:open|html))*\s*\/?$/.test(left)) found.push(tag)
  }
  const outside = page.replace(/<\/?[a-z!](?:"[^"]*"|'[^']*'|[^'">])*>/gi, '')
  if (/[<]/.test(outside))
    found.push(`stray < near ${outside.slice(Math.max(0, outside.indexOf('<') - 20), outside.indexOf('<') + 20)}`)
  return found
}
