// Drivers whose acknowledgements no broker gave: what they claim to have written is nowhere to be read.

const PRETENDING: readonly string[] = ['scripted', 'null']

export const isPretending = (driver: string): boolean => PRETENDING.includes(driver)
