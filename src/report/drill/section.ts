// A part of the drill page before it is Markdown or HTML; in texts, what stands between backticks is code.

export type DrillTable = { columns: string[]; rows: string[][] }

export type DrillSection = {
  id: string
  title: string
  lead?: string
  table?: DrillTable
  /** Below the table; numbered where the order matters. */
  lines?: string[]
  numbered?: boolean
}

/** Text of unknown origin, which may not begin code. */
export const plain = (text: string): string => text.replaceAll('`', '′')

/** Alternately text and code. */
export const pieces = (text: string): { text: string; isCode: boolean }[] =>
  text.split('`').map((piece, index) => ({ text: piece, isCode: index % 2 === 1 }))
