// The one stylesheet of HTML reports: light, dark and print, without web fonts or anything else to fetch.
import { PALETTE } from '../charts/palette.ts'

function properties(shade: 'light' | 'dark'): string {
  return Object.entries(PALETTE)
    .map(([name, shades]) => `--${name}:${shades[shade]}`)
    .join(';')
}

const LAYOUT = `
*{box-sizing:border-box}
html{background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%;scroll-padding-top:12px}
body{margin:0 auto;padding:36px 24px 72px;max-width:1112px}
h1{font-size:30px;line-height:1.2;margin:2px 0 4px;letter-spacing:-.015em;font-weight:650;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 4px;letter-spacing:-.01em;font-weight:650}
h3{font-size:15px;margin:22px 0 4px;font-weight:650}
p{margin:0 0 10px}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
code,pre{font-family:ui-monospace,"SFMono-Regular",Menlo,"DejaVu Sans Mono",monospace;font-size:.88em}
code{overflow-wrap:anywhere}
pre{margin:8px 0;padding:12px 14px;background:var(--sunk);border-radius:6px;overflow:auto;max-height:520px;line-height:1.45}
.eyebrow{color:var(--soft);font-size:13px}
.lead{color:var(--soft);max-width:76ch;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.small{font-size:13px}
nav{margin:18px 0 0;display:flex;flex-wrap:wrap;gap:4px 18px;font-size:14px}
section{margin-top:44px}
section>header{margin-bottom:12px}
.card{background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:18px 20px;margin-top:14px}
.card>:first-child,.card>.panels:first-child{margin-top:0}
.columns{display:grid;grid-template-columns:minmax(0,1.45fr) minmax(0,1fr);gap:14px}
.columns>.card{margin-top:14px}
@media screen and (max-width:900px){.columns{grid-template-columns:minmax(0,1fr);gap:0}}
`

const VERDICT = `
.verdict{display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 18px;align-items:center;border:1px solid;border-left-width:8px;border-radius:10px;padding:18px 22px;margin-top:20px}
.verdict .mark{font-size:30px;line-height:1;width:52px;height:52px;border-radius:50%;display:grid;place-items:center;color:var(--card);font-weight:700}
.verdict .word{font-size:26px;font-weight:750;letter-spacing:.02em;line-height:1.15}
.verdict p{margin:2px 0 0}
.verdict ul{grid-column:2;margin:8px 0 0;padding-left:18px}
.verdict li{overflow-wrap:anywhere;margin:2px 0}
.verdict details{grid-column:2}
.is-pass{background:var(--passWash);border-color:var(--pass)}.is-pass .mark{background:var(--pass)}.is-pass .word{color:var(--pass)}
.is-fail{background:var(--failWash);border-color:var(--fail)}.is-fail .mark{background:var(--fail)}.is-fail .word{color:var(--fail)}
.is-inconclusive{background:var(--doubtWash);border-color:var(--doubt)}.is-inconclusive .mark{background:var(--doubt)}.is-inconclusive .word{color:var(--doubt)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:14px;margin-top:14px}
.tile{background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:14px 18px}
.tile .label{color:var(--soft);font-size:13px}
.tile .value{font-size:28px;font-weight:650;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums}
.tile .detail{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.pill{display:inline-block;font-size:11.5px;font-weight:700;letter-spacing:.03em;padding:1px 8px;border-radius:99px;white-space:nowrap;border:1px solid}
.pill.pass{color:var(--pass);background:var(--passWash)}
.pill.fail{color:var(--fail);background:var(--failWash)}
.pill.inconclusive,.pill.warn{color:var(--doubt);background:var(--doubtWash)}
.chips{display:flex;flex-wrap:wrap;gap:6px;margin:6px 0 0;padding:0;list-style:none}
.chips li{border:1px solid var(--edge);background:var(--sunk);border-radius:7px;padding:1px 9px;font-size:12.5px;color:var(--soft);overflow-wrap:anywhere}
.trust{margin:0;display:grid;grid-template-columns:18px auto minmax(0,1fr);gap:5px 8px;font-size:14px}
.trust dt{display:contents}
.trust .sign{font-weight:700;text-align:center}
.trust .name{color:var(--soft);white-space:nowrap;max-width:13em;overflow:hidden;text-overflow:ellipsis}
.trust dd{margin:0;overflow-wrap:anywhere}
.good{color:var(--pass)}.bad{color:var(--fail)}.note{color:var(--soft)}
`

const TABLES = `
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 8px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500;font-size:12.5px;border-bottom-color:var(--edge);vertical-align:bottom}
tbody tr:last-child td,tbody tr:last-child th{border-bottom:0}
tbody th{font-weight:500}
.n{text-align:right;white-space:nowrap;padding-left:6px}
thead .n{white-space:normal}
.t{overflow-wrap:anywhere;min-width:5.5em}
.label{min-width:7em;max-width:26em;overflow-wrap:break-word}
.narrow{width:1%;white-space:nowrap;min-width:0}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:6px}
table.values{font-size:12.5px}
table.values th,table.values td{padding-top:2px;padding-bottom:2px}
details>summary{cursor:pointer;color:var(--link);font-size:13.5px;width:fit-content}
details.values{margin-top:8px}
details.values>.scroll{max-height:420px;overflow:auto;margin-top:6px}
details.cell{border-top:1px solid var(--edge);padding:9px 0}
details.cell:first-of-type{border-top:0}
details.cell>summary{color:var(--ink);font-size:14.5px;width:auto;overflow-wrap:anywhere}
details.cell>summary .soft{margin-left:8px}
details.cell[open]>summary{font-weight:600;margin-bottom:8px}
`

const CHARTS = `
.panels{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:18px 24px;margin-top:10px}
figure{margin:0;min-width:0;grid-column:span 6}
figure.half{grid-column:span 3}
figure.third{grid-column:span 2}
@media screen and (max-width:900px){figure.half,figure.third{grid-column:span 6}}
figcaption{font-size:13.5px;font-weight:600;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:1px 16px;margin:2px 0 4px;padding:0;list-style:none;font-size:12.5px;color:var(--soft);font-weight:400}
.legend li{display:flex;align-items:center;gap:6px;overflow-wrap:anywhere}
.legend svg{flex:none}
svg.chart{display:block;max-width:100%;height:auto;font-family:inherit;font-variant-numeric:tabular-nums}
.notes{margin:8px 0 0;padding-left:18px;color:var(--soft);font-size:13px}
.notes li{overflow-wrap:anywhere}
footer{margin-top:48px;color:var(--soft);font-size:13px}
@media (max-width:600px){body{padding:20px 14px 48px}h1{font-size:24px}}
@media print{
html{background:#fff}body{max-width:none;padding:0;zoom:.72}
nav{display:none}section{margin-top:24px}
.card,.tile,figure,tr,.verdict{break-inside:avoid}.card:has(figure),.card:has(table){break-inside:auto}
h2,h3,figcaption,section>header{break-after:avoid}
details.cell::details-content,details.print::details-content{content-visibility:visible;block-size:auto}
details.values{display:none}
pre{max-height:none;white-space:pre-wrap}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`

/** The stylesheet; its hash stands in the page's Content-Security-Policy. Prints always use the light shades. */
export const STYLE = `:root{color-scheme:light dark;${properties('light')}}@media screen and (prefers-color-scheme:dark){:root{${properties('dark')}}}${LAYOUT}${VERDICT}${TABLES}${CHARTS}`
