// Ticks: round numbers inside the axis, labels made by our own formatter, no surprises at the edges.
import { describe, expect, it } from 'vitest'
import { hdrAxis } from '../../../src/report/charts/curves.ts'
import { byteUnit, labelled, linearAxis, linearTicks, logAxis, logTicks } from '../../../src/report/charts/ticks.ts'
import { hatchPath, heatStep } from '../../../src/report/charts/tiles.ts'

describe('linear ticks', () => {
  it('are round and stay inside', () => {
    expect(linearTicks(20_400)).toEqual([0, 5000, 10_000, 15_000, 20_000])
    expect(linearTicks(1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(linearTicks(35, { count: 3 })).toEqual([0, 10, 20, 30])
  })

  it('follow powers of 1024 for bytes', () => {
    expect(byteUnit(3 * 2 ** 20)).toBe(2 ** 20)
    expect(linearTicks(3 * 2 ** 20, { unit: 2 ** 20, count: 3 })).toEqual([0, 2 ** 20, 2 * 2 ** 20, 3 * 2 ** 20])
  })

  it('are whole for counts, however few', () => expect(linearTicks(2, { whole: true })).toEqual([0, 1, 2]))

  it.each([0, Number.NaN, -1, Number.POSITIVE_INFINITY])('survive a maximum of %s', max => {
    const axis = linearAxis(max, String)
    expect(axis.domain[1]).toBeGreaterThan(0)
    expect(axis.values.every(Number.isFinite)).toBe(true)
  })

  it('leave room above the highest value', () => expect(linearAxis(100, String).domain[1]).toBeCloseTo(106))
})

describe('log ticks', () => {
  it('take 1–2–5 over few decades and decades over many', () => {
    expect(logTicks(1, 100)).toEqual([1, 2, 5, 10, 20, 50, 100])
    expect(logTicks(1, 1e6)).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000])
  })

  it('have at least two ticks even where all values are alike', () => {
    expect(logAxis(1200, 1200, String).values.length).toBeGreaterThanOrEqual(2)
    expect(logAxis(Number.POSITIVE_INFINITY, 1, String).domain.every(Number.isFinite)).toBe(true)
  })
})

describe('labels', () => {
  it('are an object literal of our own texts', () => {
    expect(labelled([0, 1000], value => `${value / 1000} ms`)).toBe('{"0":"0 ms","1000":"1 ms"}[datum.value]')
  })

  it('name the nines of the HDR axis', () => {
    expect(hdrAxis(150_000, 'half').labelExpr).toBe(
      '{"1":"0 %","10":"90 %","100":"99 %","1000":"99.9 %","10000":"99.99 %","100000":"99.999 %"}[datum.value]',
    )
  })
})

describe('shades', () => {
  it('use the whole scale only where values differ much', () => {
    expect(heatStep(100, 100, 103)).toBe(0)
    expect(heatStep(103, 100, 103)).toBe(0)
    expect(heatStep(200, 100, 200)).toBe(6)
    expect(heatStep(1000, 10, 100_000)).toBe(3)
    expect(heatStep(5, 5, 5)).toBe(1)
  })

  it('hatch a rectangle without leaving it', () => {
    const numbers = [...hatchPath(100, 40).matchAll(/-?[\d.]+/g)].map(match => Math.abs(Number(match[0])))
    expect(Math.max(...numbers)).toBeLessThanOrEqual(50)
    expect(numbers.length).toBeGreaterThan(40)
  })
})
