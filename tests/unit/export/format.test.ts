import { describe, expect, it } from 'vitest'
import { csv, json } from '@/lib/export/format'
import type { PaymentView } from '@/lib/messaging/schema'
import { usd } from '@/lib/money/usd'
import { paymentView } from './payments'

const csvOf = (payments: readonly PaymentView[]) => csv.file(payments.map((payment) => csv.chunk([payment]))).join('')

/** One cell of a file with one payment, as it is written. Takes cells apart at commas: quoted cells are for `toContain`. */
function cell(name: string, changes: Partial<PaymentView> = {}): string | undefined {
  const [head = '', row = ''] = csvOf([paymentView(changes)]).split('\r\n')
  return row.split(',')[head.split(',').indexOf(name)]
}

describe('CSV', () => {
  it('has a line of names and a line for each payment, ended as RFC 4180 has it', () => {
    expect(csvOf([paymentView()])).toBe(
      [
        'createdAt,state,stateSince,site,page,method,url,description,reason,dollars,atMostDollars,amount,units,atMostUnits,token,asset,network,networkName,payTo,from,nonce,transaction,decidedBy,agent,answerStatus,errorReason,disagreement,id',
        '2026-11-21T14:05:06.007Z,settled,2026-11-21T14:05:09.000Z,https://shop.example,https://shop.example,GET,https://shop.example/essay?page=1,An essay,,0.05,,0.05,50000,,USDC,0x833589fcd6edb6e08f4c7c32d4f71b54bda02913,eip155:8453,Base,0x1111111111111111111111111111111111111111,0x2222222222222222222222222222222222222222,0xabcd,0xbeef,rules,,200,,,a',
        '',
      ].join('\r\n'),
    )
    expect(csvOf([])).toMatch(/^createdAt,.*,id\r\n$/)
  })

  it('writes amounts to the last digit', () => {
    const units = 123_456_789_012_345_678_901n
    expect(cell('units', { units })).toBe('123456789012345678901')
    expect(cell('amount', { units })).toBe('123456789012345.678901')
    expect(cell('dollars', { price: usd(1_234_567_890n) })).toBe('1234.56789')
    expect(cell('dollars', { price: usd(1n) })).toBe('0.000001')
  })

  it('does not guess the decimals of a token that it does not know', () => {
    const asset = '0x9999999999999999999999999999999999999999'
    expect(cell('amount', { asset })).toBe('')
    expect(cell('token', { asset })).toBe('')
    expect(cell('units', { asset })).toBe('50000')
    expect(cell('asset', { asset })).toBe(asset)
  })

  it('tells a connection that failed from an answer that did not come yet', () => {
    expect(cell('answerStatus', { answerStatus: 0 })).toBe('0')
    expect(cell('answerStatus', { answerStatus: null })).toBe('')
  })

  it.each([
    ['a, b', '"a, b"'],
    ['say "please"', '"say ""please"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['Straße, 東京 🗼', '"Straße, 東京 🗼"'],
  ])('quotes %j', (description, written) => {
    expect(csvOf([paymentView({ description })])).toContain(`,${written},`)
  })

  it.each([
    ['=HYPERLINK("https://evil.example")', '"\'=HYPERLINK(""https://evil.example"")"'],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
  ])('lets no spreadsheet run %j', (text, written) => {
    for (const name of ['description', 'reason', 'url', 'transaction', 'errorReason', 'agent'] as const)
      expect(csvOf([paymentView({ [name]: text })])).toContain(`,${written},`)
  })

  it('leaves everything else as it is', () => {
    expect(cell('description', { description: ' a = b - c' })).toBe(' a = b - c')
  })
})

describe('JSON', () => {
  const read = (payments: readonly (readonly PaymentView[])[]): unknown =>
    JSON.parse(json.file(payments.map(json.chunk)).join(''))

  it('is an array of payments, whatever the chunks', () => {
    const [a, b, c] = [paymentView({ id: 'a' }), paymentView({ id: 'b' }), paymentView({ id: 'c' })]
    expect(read([[a, b], [c]])).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
    expect(read([[a]])).toMatchObject([{ id: 'a' }])
    expect(read([])).toEqual([])
  })

  it('has what strangers wrote as they wrote it, and what is missing as null', () => {
    const description = '=1, "two"\nthree'
    expect(read([[paymentView({ description })]])).toMatchObject([
      { description, reason: null, agent: null, answerStatus: 200, dollars: '0.05', amount: '0.05', units: '50000' },
    ])
  })
})

it('no format knows of a credential', () => {
  const payment = { ...paymentView(), credential: 'SECRET' }
  for (const { chunk } of [csv, json]) expect(chunk([payment])).not.toContain('SECRET')
})
