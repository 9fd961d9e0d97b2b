import { describe, expect, test } from 'vitest'
import { parseChallenges } from '@/lib/challenge/www-authenticate'

const parsed = (header: string) =>
  parseChallenges(header).map(({ scheme, params }) => [scheme, params && Object.fromEntries(params)])

describe('challenges are read', () => {
  test.each<[name: string, header: string, challenges: unknown[]]>([
    ['one', 'Payment id="a", realm="b"', [['payment', { id: 'a', realm: 'b' }]]],
    ['one without parameters', 'Negotiate', [['negotiate', {}]]],
    [
      'one with a token in their place',
      'Negotiate YWJj==, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      "several, as RFC 9110's own example has them",
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        ['basic', { realm: 'simple' }],
        ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ],
    ],
    ['commas and schemes within quotes', 'A x="1, Payment id=2", y="3"', [['a', { x: '1, Payment id=2', y: '3' }]]],
    [
      'values that are not quoted',
      'LSAT macaroon=AGI/Jx+g==, invoice=lnbc1p',
      [['lsat', { macaroon: 'AGI/Jx+g==', invoice: 'lnbc1p' }]],
    ],
    ['blanks where they may be', ' ,, A  x = "1" ,\ty="2" , ', [['a', { x: '1', y: '2' }]]],
    ['names in any case', 'PAYMENT Id="1"', [['payment', { id: '1' }]]],
    ['what mppx makes of other letters', 'A x="caf\\u00e9 \\u2014 \\\\u0041"', [['a', { x: 'café — \\u0041' }]]],
    ['empty values', 'A x=""', [['a', { x: '' }]]],
    ['nothing', '', []],
    ['no challenge at all', '"x"', []],
  ])('%s', (_, header, challenges) => {
    expect(parsed(header)).toEqual(challenges)
  })
})

describe('what is damaged is known to be', () => {
  test.each([
    ['an open quote', 'A x="1'],
    ['a parameter that is there twice', 'A x="1", X="2"'],
    ['a value that is missing', 'A x="1", y=, z="2"'],
    ['what belongs to nothing', 'A x="1" "y"'],
  ])('%s', (_, header) => {
    expect(parsed(`Basic realm="r", ${header}`)).toEqual([
      ['basic', { realm: 'r' }],
      ['a', null],
    ])
  })
})
