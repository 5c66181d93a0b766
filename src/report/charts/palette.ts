// Every colour of the reports, for light and dark: charts name them, the page defines them as custom properties.

type Shade = { light: string; dark: string }

/** Colour name → shades; `s1`–`s6` tell series apart, `h0`–`h6` are the steps of heat maps and `t0`–`t6` the text on them. */
export const PALETTE = {
  page: { light: '#f6f5f2', dark: '#14171a' },
  card: { light: '#ffffff', dark: '#1c2024' },
  sunk: { light: '#f3f2ee', dark: '#23282d' },
  ink: { light: '#1d2126', dark: '#e6e8ea' },
  soft: { light: '#5a626b', dark: '#a3abb3' },
  edge: { light: '#e0ded8', dark: '#343a41' },
  grid: { light: '#ebe9e4', dark: '#2b3036' },
  band: { light: '#e9e7e1', dark: '#2a2f35' },
  link: { light: '#1f5fa8', dark: '#7db4f0' },
  pass: { light: '#1b7a48', dark: '#5cc48a' },
  passWash: { light: '#e7f4ec', dark: '#173325' },
  fail: { light: '#b3261e', dark: '#f28b82' },
  failWash: { light: '#fbeae8', dark: '#40201d' },
  doubt: { light: '#8a5a00', dark: '#e5b454' },
  doubtWash: { light: '#fdf3dc', dark: '#3a2e14' },
  s1: { light: '#2466b0', dark: '#6aa9f0' },
  s2: { light: '#c75c12', dark: '#f0995a' },
  s3: { light: '#1f8a6d', dark: '#56c7a5' },
  s4: { light: '#7f4bb0', dark: '#bb93e6' },
  s5: { light: '#b02f5c', dark: '#ef84a8' },
  s6: { light: '#6f7780', dark: '#9aa3ad' },
  h0: { light: '#eef3f9', dark: '#1f2933' },
  h1: { light: '#d7e4f2', dark: '#23384d' },
  h2: { light: '#b7cfe8', dark: '#284a69' },
  h3: { light: '#8fb5db', dark: '#306089' },
  h4: { light: '#5f94c8', dark: '#4380b0' },
  h5: { light: '#3672ad', dark: '#6ba3d1' },
  h6: { light: '#1c4f86', dark: '#a3cbee' },
  t0: { light: '#1d2126', dark: '#e6e8ea' },
  t1: { light: '#1d2126', dark: '#e6e8ea' },
  t2: { light: '#1d2126', dark: '#e6e8ea' },
  t3: { light: '#1d2126', dark: '#f2f4f5' },
  t4: { light: '#0c1117', dark: '#0c1117' },
  t5: { light: '#ffffff', dark: '#0c1117' },
  t6: { light: '#ffffff', dark: '#0c1117' },
} as const satisfies Record<string, Shade>

export type ColourName = keyof typeof PALETTE

/** A colour as charts write it: the page's custom property, and the light shade where there is no page. */
export function colour(name: ColourName): string {
  return `var(--${name},${PALETTE[name].light})`
}

/** Colours that tell series apart, in the order in which they are given out. */
export const SERIES_COLOURS = ['s1', 's2', 's3', 's4', 's5', 's6'] as const satisfies readonly ColourName[]

/** Steps of a heat map, from little to much. */
export const HEAT_STEPS = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const satisfies readonly ColourName[]

/** Text that can be read on the step of the same number. */
export const HEAT_INKS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6'] as const satisfies readonly ColourName[]

export type Dash = readonly number[]

/** Line patterns, so that no series is told apart by colour alone. */
export const DASHES = {
  solid: [],
  long: [7, 4],
  short: [3, 3],
  dotted: [1, 4],
  mixed: [8, 3, 2, 3],
} as const satisfies Record<string, Dash>
