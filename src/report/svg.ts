// The one door to vega and vega-lite: a chart spec becomes a static SVG string, without canvas, network or style attributes.
import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { hashText } from '../core/random.ts'

/** A Vega-Lite spec made by one of our charts; text of users stands in it only as data. */
export type ChartSpec = TopLevelSpec

type VegaLogger = NonNullable<vega.ViewOptions['logger']>

/** Average width of a glyph in ems: close enough for tick labels, and the same on every machine. */
const GLYPH_WIDTH_EM = 0.56

/** Exported by vega, but missing from its types. */
type TextMetrics = { canvas(use: boolean): void; width(item: { fontSize?: number }, text?: string): number }

/** Vega would measure with a canvas where one happens to be installed; a report must not depend on that. */
function measureAlike(): void {
  const { textMetrics: metrics } = vega as unknown as { textMetrics: TextMetrics }
  metrics.canvas(false)
  metrics.width = (item, text) => Math.round(GLYPH_WIDTH_EM * String(text ?? '').length * (item.fontSize ?? 11))
}

/** Collects what Vega has to say instead of writing it to the terminal. */
function quietLogger(messages: string[]): VegaLogger {
  const note = (...parts: unknown[]): VegaLogger => {
    messages.push(parts.map(String).join(' '))
    return logger
  }
  const silent = (): VegaLogger => logger
  const level = ((value?: number) => (value === undefined ? vega.None : logger)) as VegaLogger['level']
  const logger: VegaLogger = { level, error: note, warn: note, info: silent, debug: silent }
  return logger
}

/** A loader that opens nothing; addresses of images and links come out empty, since Vega trips over a refusal there. */
function closedLoader(): vega.Loader {
  const refuse = (): Promise<never> => Promise.reject(new Error('charts load nothing'))
  return { ...vega.loader(), load: refuse, sanitize: () => Promise.resolve({ href: '' }), file: refuse, http: refuse }
}

/** Compiles a spec and says what vega-lite thought of it; used to prove specs, and by `renderSvg`. */
export function compileChart(spec: ChartSpec): { compiled: ReturnType<typeof compile>['spec']; warnings: string[] } {
  const warnings: string[] = []
  const { spec: compiled } = compile(spec, { logger: quietLogger(warnings) })
  return { compiled, warnings }
}

/** Renders a spec as one static `<svg>` element whose colours follow the page's custom properties. */
export async function renderSvg(spec: ChartSpec): Promise<string> {
  measureAlike()
  const { compiled } = compileChart(spec)
  const options = { renderer: 'none', loader: closedLoader(), logger: quietLogger([]) } as const
  const view = new vega.View(vega.parse(compiled), options)
  try {
    return ownIds(slim(await view.toSVG()))
  } finally {
    view.finalize()
  }
}

/** Vega counts the ids of clip paths over the whole process; ours follow from the picture, so that pages are reproducible. */
function ownIds(svg: string): string {
  const seen: string[] = []
  const numbered = svg.replace(/(<[^<>]*(?: id="| clip-path="url\(#))(clip\d+)/g, (_, before: string, id: string) => {
    if (!seen.includes(id)) seen.push(id)
    return `${before}clip-${seen.indexOf(id)}`
  })
  const print = hashText(numbered).toString(36)
  return numbered.replace(/(<[^<>]*(?: id="| clip-path="url\(#)clip-)/g, `$1${print}-`)
}

/** Attributes that carry nothing in a static picture. */
const IDLE_ATTRIBUTES =
  / (?:pointer-events|role|aria-roledescription|aria-hidden|class|opacity|font-family|stroke-miterlimit|xmlns:xlink|version)="(?:none|true|1|1\.1|4|inherit|[a-z][\w\s.:/-]*)"/g

function slimTag(tag: string): string {
  return tag
    .replace(IDLE_ATTRIBUTES, matched =>
      matched.startsWith(' opacity="') && matched !== ' opacity="1"' ? matched : '',
    )
    .replace(/-?\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2))))
    .replace(' transform="translate(0,0)"', '')
    .replace(' stroke-dasharray=""', '')
}

/** Vega's markup without links, empty groups, hidden labels and needless digits: half the bytes, the same picture. */
function slim(svg: string): string {
  const shorter = svg
    .replace(/<path class="(?:background|foreground)"[^<>]*\/>/g, '')
    .replace(/<text[^<>]* opacity="0"[^<>]*>[^<]*<\/text>/g, '')
    .replace(/<\/?a(?: [^<>]*)?>/g, '')
    .replace(/<[a-z][^<>]*>/g, slimTag)
  let before = ''
  let now = shorter
  while (now !== before) {
    before = now
    now = now.replace(/<g(?: [^<>]*)?><\/g>/g, '')
  }
  return now
}
