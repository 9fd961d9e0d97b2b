import type { AnswerHeader } from '@/lib/challenge/answer'
import { usd } from '@/lib/money/usd'
import type { Situation } from '@/lib/policy/decide'
import { everything, siteScope } from '@/lib/policy/limits'
import { entry, headerOf, message, PAYEE, USDC } from './challenge/samples'
import { auto, CENT, context, funds, READER, rules, SHOP, spent } from './policy/situations'

const DOLLAR = 100n * CENT

/** A user who lets nearly everything be paid: up to a hundred dollars each, from a wallet that nobody can look into. */
export const GENEROUS: Partial<Situation> = {
  rules: rules({
    mostPerPayment: usd(100n * DOLLAR),
    mostPerDay: usd(5000n * DOLLAR),
    mostPerSiteAndDay: usd(1000n * DOLLAR),
  }),
  funds: funds({ available: () => null }),
}

/** One 402 that must not be paid unasked. */
export interface Quote {
  /** What is tried, in words. */
  readonly idea: string
  /** What must become of it: "unreadable: not_json", "ask: background_tab". */
  readonly verdict: string
  readonly headers: readonly AnswerHeader[]
  /** Where it was asked for, the shop's article by default. */
  readonly url?: string
  /** What is different from the generous user's case. */
  readonly changes?: Partial<Situation>
}

type Circumstances = Pick<Quote, 'url' | 'changes'>

/** Quotes of one fate: each idea with the header that it puts forward. */
const doomed = (verdict: string, ideas: Readonly<Record<string, string>>): Quote[] =>
  Object.entries(ideas).map(([idea, value]) => ({ idea, verdict, headers: [{ name: 'PAYMENT-REQUIRED', value }] }))

/** Quotes of one fate whose offer differs from an honest one in these fields. */
const offering = (verdict: string, ideas: Readonly<Record<string, object>>): Quote[] =>
  doomed(
    verdict,
    mapValues(ideas, (changes) => offer(changes)),
  )

/** An honest quote where it must not be paid. */
const misplaced = (verdict: string, ideas: Readonly<Record<string, Circumstances>>): Quote[] =>
  Object.entries(ideas).map(([idea, circumstances]) => ({
    ...one(idea, verdict, honest(circumstances.url)),
    ...circumstances,
  }))

const one = (idea: string, verdict: string, value: string): Quote => ({
  idea,
  verdict,
  headers: [{ name: 'PAYMENT-REQUIRED', value }],
})

const mapValues = <From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

const honest = (url = 'https://shop.example/article'): string => headerOf({ ...message(), resource: { url } })
/** A message with one offer that differs from an honest one. */
const offer = (changes: object): string => headerOf({ ...message(), accepts: [{ ...entry(), ...changes }] })
const offers = (...changes: object[]): string =>
  headerOf({ ...message(), accepts: changes.map((change) => ({ ...entry(), ...change })) })
const saying = (changes: object): string => headerOf({ ...message(), ...changes })
const selling = (url: unknown): string => saying({ resource: { url } })

const TEXT = JSON.stringify(message())
/** The honest message with its text altered, for what an object cannot say. */
function altered(from: string, to: string): string {
  if (!TEXT.includes(from)) throw new Error(`The message does not contain ${from}.`)
  return headerOf(TEXT.replace(from, to))
}
const withAmount = (literal: string): string => altered('"amount":"20000"', `"amount":${literal}`)
const withLimit = (literal: string): string => altered('"maxTimeoutSeconds":60', `"maxTimeoutSeconds":${literal}`)
const withVersion = (literal: string): string => altered('"x402Version":2', `"x402Version":${literal}`)
const bytes = (...codes: number[]): string => btoa(String.fromCharCode(...codes))
const utf16 = (text: string, swapped: boolean): string =>
  bytes(
    ...[...`\uFEFF${text}`].flatMap((letter) => {
      const pair = [letter.charCodeAt(0) & 0xff, letter.charCodeAt(0) >> 8]
      return swapped ? pair.toReversed() : pair
    }),
  )
const nested = (levels: number): unknown => (levels === 0 ? 1 : { deeper: nested(levels - 1) })
const without = (field: string): string => {
  const left: Record<string, unknown> = { ...entry() }
  delete left[field]
  return headerOf({ ...message(), accepts: [left] })
}

const UINT256 = 2n ** 256n
const BASE_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
const GATEWAY = '0x0077777d7EBA4688BDeF3E311b846F25870A19B9'
const [HALF, OTHER_HALF] = [honest().slice(0, 200), honest().slice(200)]

const UNREADABLE: Quote[] = [
  ...(
    [
      ['nothing but the status', []],
      ['the header of the older dialect', [{ name: 'X-PAYMENT-REQUIRED', value: honest() }]],
      ["the client's own header, sent back", [{ name: 'PAYMENT-SIGNATURE', value: honest() }]],
      ['a receipt in place of a price', [{ name: 'PAYMENT-RESPONSE', value: honest() }]],
      ["a crawler's charge in place of a price", [{ name: 'crawler-charged', value: 'USD 0.01' }]],
      ['a header name with a Cyrillic letter', [{ name: 'PАYMENT-REQUIRED', value: honest() }]],
      ['a header name with a blank', [{ name: 'PAYMENT-REQUIRED ', value: honest() }]],
    ] as const
  ).map(([idea, headers]) => ({ idea, verdict: 'unreadable: no_challenge', headers })),

  {
    idea: 'the offer in another protocol',
    verdict: 'unreadable: wrong_shape',
    headers: [{ name: 'WWW-Authenticate', value: `Payment request="${honest()}"` }],
  },

  ...doomed('unreadable: too_large', {
    'a megabyte': 'A'.repeat(1024 * 1024),
    'an honest quote blown up by its description': saying({ resource: { url: '/', description: 'x'.repeat(60_000) } }),
    'an honest quote with 64 KB of blanks behind it': honest() + ' '.repeat(64 * 1024),
    'an honest quote with 64 KB of padding': honest() + '='.repeat(64 * 1024),
  }),

  ...doomed('unreadable: not_base64', {
    'plain JSON': TEXT,
    'JSON in percent signs': encodeURIComponent(TEXT),
    'a web page': '<!doctype html><title>Pay</title>',
    'a cheap and a dear quote, joined by a comma': `${offer({ amount: '1' })}, ${offer({ amount: '90000000' })}`,
    'one quote cut in two by a comma': `${HALF},${OTHER_HALF}`,
    'a quote in quotation marks': `"${honest()}"`,
    'a data: address': `data:application/json;base64,${honest()}`,
    'a quote with a parameter': `${honest()};q=1`,
    'a token of three parts': `${honest()}.${honest()}.sig`,
    'padding in the middle': `${btoa('{')}${honest()}`,
    'too much padding': `${btoa('ab')}==`,
    'one letter too many': `${btoa('abc')}A`,
    'a letter of another alphabet': honest().replace('e', 'е'),
    'a wide letter': honest().replace('e', 'ｅ'),
    'an invisible blank': `${HALF}\u200B${OTHER_HALF}`,
    'a zero byte': `${HALF}\0${OTHER_HALF}`,
    'an escaped letter': honest().replace('e', '\\u0065'),
  }),
  {
    idea: 'a cheap and a dear quote, in two headers',
    verdict: 'unreadable: not_base64',
    headers: [
      { name: 'PAYMENT-REQUIRED', value: offer({ amount: '1' }) },
      { name: 'payment-required', value: offer({ amount: '90000000' }) },
    ],
  },

  ...doomed('unreadable: not_json', {
    nothing: '',
    'a blank': ' ',
    'half a quote': headerOf(TEXT.slice(0, -20)),
    'a quote and more': headerOf(`${TEXT}}`),
    'a quote behind the guard of a JSON answer': headerOf(`)]}',\n${TEXT}`),
    'two quotes, one behind the other': headerOf(TEXT + TEXT),
    'two quotes on two lines': headerOf(`${TEXT}\n${TEXT}`),
    'a quote with a zero byte behind it': headerOf(`${TEXT}\0`),
    'a quote coded twice': headerOf(honest()),
    'a quote in hexadecimal': headerOf(TEXT).replace(/./g, (letter) => letter.charCodeAt(0).toString(16)),
    'a web page, coded': headerOf('<!doctype html><title>Pay</title>'),
    'a form': headerOf('x402Version=2&amount=20000'),
    'a script': headerOf(`pay(${TEXT})`),
    'a comment': headerOf(`/* cheap */${TEXT}`),
    'single quotation marks': headerOf(TEXT.replaceAll('"', "'")),
    'a comma too many': headerOf(TEXT.replace(/}$/, ',}')),
    'names without quotation marks': altered('"amount"', 'amount'),
    'an amount of NaN': withAmount('NaN'),
    'an amount of -Infinity': withAmount('-Infinity'),
    'an amount of undefined': withAmount('undefined'),
    'an amount as a big integer of scripts': withAmount('20000n'),
    'an amount as a number with a leading zero': withAmount('020000'),
    'an amount as a number with a plus': withAmount('+20000'),
    'an amount as a number in hexadecimal': withAmount('0x4e20'),
    'an amount with a bare line break': withAmount('"20000\n"'),
    'a time limit with thousands marks': withLimit('6_0'),
    'typographic quotation marks': withAmount('“20000”'),
    'a blank that JSON does not know': altered('"amount":', '"amount":\u00A0'),
    'UTF-16, as one end has it': utf16(TEXT, false),
    'UTF-16, as the other end has it': utf16(TEXT, true),
    'two byte order marks': bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, ...new TextEncoder().encode(TEXT)),
    'a letter longer than it needs to be': btoa('{"x402Version":2,"error":"\xc0\xaf"}'),
    'half of a pair of letters': btoa('{"x402Version":2,"error":"\xed\xa0\x80"}'),
    'a letter that ends too soon': btoa('{"x402Version":2,"error":"\xe2\x82"}'),
    'a letter beyond Unicode': btoa('{"x402Version":2,"error":"\xf4\x90\x80\x80"}'),
    'packed bytes': bytes(0x1f, 0x8b, 0x08, 0x00, 0x00),
    'another binary format': bytes(0x83, 0xab, 0x78, 0x34, 0x30, 0x32),
    'ten thousand brackets that never close': headerOf('['.repeat(10_000)),
  }),

  ...doomed('unreadable: too_deep', {
    'an extra of seventeen levels': offer({ extra: nested(17) }),
    'an extension of seventeen levels': saying({ extensions: { bazaar: nested(17) } }),
    'a field that nobody knows, of a thousand levels': saying({ more: nested(1000) }),
    'twenty thousand brackets': altered('"error":', `"more":${'['.repeat(20_000)}${']'.repeat(20_000)},"error":`),
    'depth hidden in __proto__': altered('"error":', `"__proto__":${JSON.stringify(nested(20))},"error":`),
  }),

  ...doomed('unreadable: wrong_version', {
    'version 1': withVersion('1'),
    'version 3': withVersion('3'),
    'version 2 and a bit': withVersion('2.0001'),
    'version minus 2': withVersion('-2'),
    'version 2 in words': withVersion('"2"'),
    'version 2 in a list': withVersion('[2]'),
    'version 2 in an object': withVersion('{"valueOf":2}'),
    'version true': withVersion('true'),
    'version null': withVersion('null'),
    'no version': altered('"x402Version":2,', ''),
    'a version in other letters': altered('x402Version', 'X402Version'),
    'two versions, the last of them 1': altered('"error":', '"x402Version":1,"error":'),
    'a version to be inherited': altered('"x402Version":2', '"__proto__":{"x402Version":2}'),
    'an empty object': headerOf('{}'),
    'a message of the older dialect': headerOf({
      x402Version: 1,
      accepts: [
        { ...entry(), network: 'base-sepolia', maxAmountRequired: '20000', resource: 'https://shop.example/article' },
      ],
    }),
  }),

  ...doomed('unreadable: no_offers', { 'no offer at all': saying({ accepts: [] }) }),

  ...doomed('unreadable: wrong_shape', {
    null: headerOf('null'),
    'a number': headerOf('402'),
    'a text': headerOf('"pay"'),
    'a list of messages': headerOf([message()]),
    'an empty list': headerOf('[]'),
    'no list of offers': saying({ accepts: undefined }),
    'offers that are null': saying({ accepts: null }),
    'offers that are text': saying({ accepts: JSON.stringify([entry()]) }),
    'offers by name': saying({ accepts: { exact: entry() } }),
    'an object that looks like a list': saying({ accepts: { 0: entry(), length: 1 } }),
    'a list of lists of offers': saying({ accepts: [[entry()]] }),
    'an offer that is null': saying({ accepts: [null] }),
    'an offer that is text': saying({ accepts: ['exact'] }),
    'a hole behind a good offer': saying({ accepts: [entry(), null] }),
    'a good offer with a twin that has no payee': saying({ accepts: [entry(), { ...entry(), payTo: undefined }] }),
    'thirty-three offers': saying({ accepts: Array.from({ length: 33 }, () => entry()) }),
    'offers to be inherited': altered('"accepts":', `"__proto__":{"accepts":[${JSON.stringify(entry())}]},"axcepts":`),
    'an error that is an object': saying({ error: {} }),

    'no amount': without('amount'),
    'an amount under the older name': altered('"amount"', '"maxAmountRequired"'),
    'an amount under a capital': altered('"amount"', '"Amount"'),
    'an amount to be inherited': altered('"amount":"20000"', '"__proto__":{"amount":"20000"}'),
    "an amount of the constructor's": altered('"amount":"20000"', '"constructor":{"prototype":{"amount":"20000"}}'),
    'an amount that is a number': withAmount('20000'),
    'an amount that is a fraction': withAmount('0.02'),
    'an amount that is a number beyond all numbers': withAmount('1e999'),
    'an amount in a list': withAmount('["20000"]'),
    'an amount in an object': withAmount('{"toString":"20000"}'),
    'an amount that is true': withAmount('true'),
    'an amount that is null': withAmount('null'),
    'an amount of nothing': withAmount('""'),
    'an amount of 129 digits': withAmount(`"${'1'.repeat(129)}"`),

    'no payee': without('payTo'),
    'a payee in a list': offer({ payTo: [PAYEE] }),
    'a payee in an object': offer({ payTo: { address: PAYEE } }),
    'a payee that is a number': offer({ payTo: 0x7099 }),
    'a payee that is null': offer({ payTo: null }),
    'a payee of nothing': offer({ payTo: '' }),
    'a payee of a kilobyte': offer({ payTo: PAYEE.padEnd(1024, '0') }),
    'no scheme': without('scheme'),
    'a scheme in a list': offer({ scheme: ['exact'] }),
    'a scheme that is null': offer({ scheme: null }),
    'no network': without('network'),
    'a network that is a number': offer({ network: 84532 }),
    'a network in a list': offer({ network: ['eip155:84532'] }),
    'no token': without('asset'),
    'a token in a list': offer({ asset: [USDC] }),
    'a token that describes itself': offer({ asset: { address: USDC, decimals: 18 } }),
    'a token that is null': offer({ asset: null }),

    'a time limit in words': withLimit('"60"'),
    'a time limit that is null': withLimit('null'),
    'a time limit in a list': withLimit('[60]'),
    'a time limit that is true': withLimit('true'),
    'a time limit beyond all numbers': withLimit('1e999'),
    'a time limit below all numbers': withLimit('-1e999'),
    'an extra with a number beyond all numbers': altered('"version":"2"', '"version":"2","fee":1e999'),
    'an unknown field with a number beyond all numbers': altered('"amount":', '"memo":[-1e400],"amount":'),
    'an extension with a number beyond all numbers': altered('"error":', '"extensions":{"a":{"b":1e309}},"error":'),
    'a resource with a number beyond all numbers': altered('"resource":{', '"resource":{"size":1e999,'),

    'an extra that is text': offer({ extra: 'eip3009' }),
    'an extra that is a list': offer({ extra: ['permit2'] }),
    'an extra that is a number': offer({ extra: 1 }),
    'extensions that are a list': saying({ extensions: [] }),
    'extensions that are text': saying({ extensions: 'all' }),
    'a resource that is text': saying({ resource: 'https://other.example/' }),
    'a resource that is a list': saying({ resource: ['https://other.example/'] }),
    'a resource without an address': saying({ resource: { description: 'x' } }),
    'a resource whose address is a list': selling(['https://other.example/']),
    'a resource whose address is null': selling(null),
    'a resource whose address is longer than any': selling(`https://shop.example/${'a'.repeat(8192)}`),
    'a description that is an object': saying({ resource: { url: '/', description: { toString: 'x' } } }),
  }),
]

const UNPAYABLE: Quote[] = [
  ...offering('nothing_payable: invalid_amount', {
    'an amount of zero': { amount: '0' },
    'an amount of many zeros': { amount: '000000' },
    'an amount of minus zero': { amount: '-0' },
    'a negative amount': { amount: '-20000' },
    'a minus that is not the keyboard’s': { amount: '−20000' },
    'an amount with a plus': { amount: '+20000' },
    'a leading zero': { amount: '020000' },
    'seventy-eight digits, most of them zeros': { amount: '20000'.padStart(78, '0') },
    'an amount in hexadecimal': { amount: '0x4e20' },
    'an amount in octal': { amount: '0o47040' },
    'an amount in binary': { amount: '0b100111000100000' },
    'an exponent': { amount: '2e4' },
    'an exponent that is enormous': { amount: '1e77' },
    'decimals that are nothing': { amount: '20000.0' },
    'dollars in place of units': { amount: '0.02' },
    'dollars with their sign': { amount: '$0.02' },
    'units with their name': { amount: '20000 USDC' },
    'thousands marks': { amount: '20,000' },
    underscores: { amount: '20_000' },
    'a blank before': { amount: ' 20000' },
    'a blank behind': { amount: '20000 ' },
    'a blank in the middle': { amount: '20 000' },
    'a line break behind': { amount: '20000\n' },
    'a tab behind': { amount: '20000\t' },
    'a zero byte behind': { amount: '20000\0' },
    'an invisible blank within': { amount: '20\u200B000' },
    'a reversing mark before': { amount: '\u202E00002' },
    'Arabic digits': { amount: '٢٠٠٠٠' },
    'wide digits': { amount: '２００００' },
    'a raised digit': { amount: '20000²' },
    'a Roman numeral': { amount: 'Ⅻ' },
    'the letter O for zeros': { amount: '2OOOO' },
    'an amount in words': { amount: 'twenty' },
    NaN: { amount: 'NaN' },
    'Infinity in words': { amount: 'Infinity' },
    'null in words': { amount: 'null' },
    'a big integer of scripts, in words': { amount: '20000n' },
    'a sum': { amount: '10000+10000' },
    'two amounts': { amount: '20000;90000000' },
    'a price range': { amount: '1-90000000' },
    'two to the 256th': { amount: UINT256.toString() },
    'an amount that comes to two cents when it overflows': { amount: (UINT256 + 20_000n).toString() },
    'the largest number of seventy-eight digits': { amount: '9'.repeat(78) },
    'seventy-nine digits': { amount: '1'.repeat(79) },
    'a hundred and twenty-eight digits': { amount: '9'.repeat(128) },
  }),

  ...offering('nothing_payable: invalid_pay_to', {
    'nobody: the zero address': { payTo: `0x${'0'.repeat(40)}` },
    'nobody: zero, written short': { payTo: '0x0' },
    'the first built-in contract': { payTo: `0x${'1'.padStart(40, '0')}` },
    'the built-in contract that hashes': { payTo: `0x${'2'.padStart(40, '0')}` },
    'the latest built-in contract': { payTo: `0x${'100'.padStart(40, '0')}` },
    'a grave for money': { payTo: `0x${'dEaD'.padStart(40, '0')}` },
    'the last address that the chain keeps for itself': { payTo: `0x${'ffff'.padStart(40, '0')}` },
    'the token itself': { payTo: USDC },
    'the token itself, in small letters': { payTo: USDC.toLowerCase() },
    'the token itself, in capitals': { payTo: `0x${USDC.slice(2).toUpperCase()}` },
    'an address that is a digit short': { payTo: PAYEE.slice(0, -1) },
    'an address that is a digit long': { payTo: `${PAYEE}0` },
    'an address of thirty-two bytes': { payTo: `0x${PAYEE.slice(2).padStart(64, '0')}` },
    'an address without its 0x': { payTo: PAYEE.slice(2) },
    'an address with a capital X': { payTo: PAYEE.replace('0x', '0X') },
    'an address with one digit changed': { payTo: PAYEE.replace(/8$/, '9') },
    'an address with one letter in the wrong case': { payTo: PAYEE.replace('C', 'c') },
    'an address whose cases are all turned around': {
      payTo: PAYEE.replace(/[a-fA-F]/g, (letter) =>
        /[a-f]/.test(letter) ? letter.toUpperCase() : letter.toLowerCase(),
      ),
    },
    'a name': { payTo: 'vitalik.eth' },
    'the word merchant': { payTo: 'merchant' },
    'an address of Solana': { payTo: '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin' },
    'an address with its network': { payTo: `eip155:84532:${PAYEE}` },
    'an address with a short network name': { payTo: `base:${PAYEE}` },
    'a payment link': { payTo: `ethereum:${PAYEE}@84532` },
    'an address with an account number': { payTo: `${PAYEE}/1` },
    'two addresses': { payTo: `${PAYEE},${USDC}` },
    'a blank before the address': { payTo: ` ${PAYEE}` },
    'a blank behind the address': { payTo: `${PAYEE} ` },
    'a line break behind the address': { payTo: `${PAYEE}\n` },
    'a zero byte behind the address': { payTo: `${PAYEE}\0` },
    'an invisible blank in the address': { payTo: `${PAYEE.slice(0, 20)}\u200B${PAYEE.slice(20)}` },
    'a reversing mark in the address': { payTo: `\u202E${PAYEE}` },
    'a Cyrillic letter in the address': { payTo: PAYEE.replace('C', 'С') },
    'a Cyrillic x in the address': { payTo: PAYEE.replace('x', 'х') },
    'a wide digit in the address': { payTo: PAYEE.replace('7', '７') },
    'the letter O for a zero in the address': { payTo: PAYEE.replace('70', '7O') },
    'the letter l for a one in the address': { payTo: PAYEE.replace('51', '5l') },
  }),

  ...offering('nothing_payable: unknown_asset', {
    'a token that nobody knows': { asset: `0x${'bad'.padStart(40, '0')}` },
    'the zero address for a token': { asset: `0x${'0'.repeat(40)}` },
    'the coin of the chain': { asset: `0x${'e'.repeat(40)}` },
    'a token by its symbol': { asset: 'USDC' },
    'a token on account': { network: 'cloudflare:402' },
    'a token that begins and ends like the real one': {
      asset: `${USDC.slice(0, 8)}${'0'.repeat(26)}${USDC.slice(-8)}`,
    },
    'a token one digit off': { asset: USDC.replace(/e$/, 'f') },
    'a token that is a digit short': { asset: USDC.slice(0, -1) },
    'the real token of another network': { asset: BASE_USDC },
    'the real token on a network where it is not': { network: 'eip155:8453' },
    'another dollar': { asset: '0xfde4C96c8593536E31F229EA8f37b2ADa2699bb2', network: 'eip155:8453' },
    'a bridged dollar': { asset: '0xd9aAEc86B65D86f6A7B5B1b0c42FFA531710b6CA', network: 'eip155:8453' },
    'the payee for a token': { asset: PAYEE },
    'Permit2 for a token': { asset: PERMIT2 },
    'a token with its network': { asset: `eip155:84532/erc20:${USDC}` },
    'a token that reaches into another network': { network: 'eip155:84532', asset: `../eip155:8453/${BASE_USDC}` },
    'a blank before the token': { asset: ` ${USDC}` },
    'a zero byte behind the token': { asset: `${USDC}\0` },
    'a Cyrillic letter in the token': { asset: USDC.replace('C', 'С') },
    'a wide digit in the token': { asset: USDC.replace('3', '３') },
    'a fake that calls itself USDC': {
      asset: `0x${'5'.repeat(40)}`,
      extra: { name: 'USDC', version: '2', decimals: 6, symbol: 'USDC' },
    },
    'a token named like a prototype': { asset: '__proto__' },
  }),

  ...offering('nothing_payable: unknown_network', {
    'a network that nobody pays on': { network: 'eip155:5' },
    "a developer's own network": { network: 'eip155:31337' },
    'a network of another family': { network: 'solana:8E9rvCKLFQia2Y35HXjjpWzj8weVo44K' },
    'a credit line': { network: 'acme:credit' },
    'a network by its older name': { network: 'base-sepolia' },
    'a real network by its older name': { network: 'base' },
    'a network by its number': { network: '84532' },
    'the main network': { network: 'mainnet' },
    'any network': { network: '*' },
    'any network of the family': { network: 'eip155:*' },
    'a network in capitals': { network: 'EIP155:84532' },
    'a blank before the network': { network: ' eip155:84532' },
    'a blank behind the network': { network: 'eip155:84532 ' },
    'a zero byte behind the network': { network: 'eip155:84532\0' },
    'a slash behind the network': { network: 'eip155:84532/' },
    'a leading zero in the network': { network: 'eip155:084532' },
    'a network in hexadecimal': { network: 'eip155:0x14a34' },
    'a network with decimals': { network: 'eip155:84532.0' },
    'a network that overflows to a known one': { network: `eip155:${84532n + 2n ** 32n}` },
    'a negative network': { network: 'eip155:-84532' },
    'wide digits in the network': { network: 'eip155:８４５３２' },
    'a wide colon in the network': { network: 'eip155：84532' },
    'a Cyrillic letter in the network': { network: 'еip155:84532' },
    'two networks': { network: 'eip155:84532,eip155:8453' },
    'a network named like a prototype': { network: '__proto__' },
    'a network named like a constructor': { network: 'constructor' },
  }),

  ...offering('other_way: fiat', { dollars: { asset: 'USD' } }),
  ...offering('other_way: circle_gateway', {
    "Circle's gateway": { extra: { name: 'GatewayWalletBatched', version: '1', verifyingContract: GATEWAY } },
  }),

  ...offering('nothing_payable: invalid_tab', {
    'a deposit in place of a price': { scheme: 'batch-settlement' },
  }),

  ...offering('other_way: escrow', {
    'an escrow in place of a price': { scheme: 'auth-capture' },
  }),

  ...offering('other_way: unknown_scheme', {
    'a subscription': { scheme: 'subscription' },
    'an approval': { scheme: 'approve' },
    'a raw transaction': { scheme: 'eth_sendTransaction' },
    'a scheme in capitals': { scheme: 'EXACT' },
    'a scheme with one capital': { scheme: 'Exact' },
    'a blank before the scheme': { scheme: ' exact' },
    'a blank behind the scheme': { scheme: 'exact ' },
    'a zero byte behind the scheme': { scheme: 'exact\0' },
    'an invisible blank in the scheme': { scheme: 'ex\u200Bact' },
    'a Cyrillic scheme': { scheme: 'ехасt' },
    'a wide scheme': { scheme: 'ｅｘａｃｔ' },
    'a scheme with an ending': { scheme: 'exact-permit2' },
    'two schemes': { scheme: 'exact,upto' },
    'a scheme named like a prototype': { scheme: '__proto__' },
    'a scheme named like a method': { scheme: 'toString' },
  }),

  ...offering('nothing_payable: unsupported_transfer_method', {
    'a debt in place of a price': { scheme: 'deferred' },
    'Permit2 for another contract': { extra: { assetTransferMethod: 'permit2', verifyingContract: GATEWAY } },
    'a ceiling without Permit2': { scheme: 'upto', extra: { assetTransferMethod: 'eip3009' } },
    'Permit2 with a capital': { extra: { assetTransferMethod: 'Permit2' } },
    'a permit': { extra: { assetTransferMethod: 'eip2612' } },
    'a delegation': { extra: { assetTransferMethod: 'eip7702' } },
    'an allowance': { extra: { assetTransferMethod: 'erc20-approve' } },
    'the plain method in capitals': { extra: { assetTransferMethod: 'EIP3009' } },
    'the plain method, spelled otherwise': { extra: { assetTransferMethod: 'eip-3009' } },
    'the plain method with a blank': { extra: { assetTransferMethod: 'eip3009 ' } },
    'the plain method in a list': { extra: { assetTransferMethod: ['eip3009'] } },
    'the plain method in an object': { extra: { assetTransferMethod: { toString: 'eip3009' } } },
    'no method, said by false': { extra: { assetTransferMethod: false } },
    'no method, said by zero': { extra: { assetTransferMethod: 0 } },
    'no method, said by nothing': { extra: { assetTransferMethod: '' } },
    'another contract to verify': { extra: { verifyingContract: PERMIT2 } },
    'the payee to verify': { extra: { verifyingContract: PAYEE } },
    'nobody to verify': { extra: { verifyingContract: `0x${'0'.repeat(40)}` } },
    'nothing to verify': { extra: { verifyingContract: '' } },
    'the token of another network to verify': { extra: { verifyingContract: BASE_USDC } },
    'the token in a list to verify': { extra: { verifyingContract: [USDC] } },
    'a number to verify': { extra: { verifyingContract: 7 } },
    'the token with a blank to verify': { extra: { verifyingContract: `${USDC} ` } },
    'the token with a Cyrillic letter to verify': { extra: { verifyingContract: USDC.replace('C', 'С') } },
    'another contract behind the plain method': {
      extra: { assetTransferMethod: 'eip3009', verifyingContract: GATEWAY },
    },
  }),

  ...offering('nothing_payable: invalid_facilitator', {
    'a ceiling in place of a price, and nobody who says what was used': { scheme: 'upto' },
    'a ceiling that nobody may ask for less of': {
      scheme: 'upto',
      extra: { facilitatorAddress: `0x${'0'.repeat(40)}` },
    },
    'a ceiling with several who may': { scheme: 'upto', extra: { facilitatorAddress: [PAYEE, GATEWAY] } },
    'a ceiling with somebody misspelt': { scheme: 'upto', extra: { facilitatorAddress: PAYEE.toUpperCase() } },
  }),

  ...doomed('nothing_payable: invalid_time_limit', {
    'no time limit': without('maxTimeoutSeconds'),
    'no time at all': withLimit('0'),
    'less than no time': withLimit('-60'),
    'minus zero': withLimit('-0'),
    'half a second': withLimit('0.5'),
    'a minute and a half second': withLimit('60.5'),
    'next to no time': withLimit('1e-300'),
    'more seconds than a number counts': withLimit('9007199254740993'),
    'more seconds than the universe': withLimit('1e21'),
    'the largest number': withLimit('1.7976931348623157e308'),
    'the smallest number': withLimit('-1.7976931348623157e308'),
  }),

  ...doomed('other_way: unknown_scheme; nothing_payable: invalid_amount, invalid_pay_to', {
    'three offers, each bad in its own way': offers({ scheme: 'subscription' }, { amount: '-1' }, { payTo: 'me' }),
  }),
]

const OVERCHARGING: Quote[] = [
  ...doomed('ask: over_most_per_payment', {
    'a millionth above the most': offer({ amount: (100n * DOLLAR + 1n).toString() }),
    'ten times the most': offer({ amount: (1000n * DOLLAR).toString() }),
    'a cheap decoy in another scheme': offers({ amount: '1', scheme: 'deferred' }, { amount: '200000000' }),
    'a cheap decoy that pays nobody': offers({ amount: '1', payTo: `0x${'0'.repeat(40)}` }, { amount: '200000000' }),
    'a cheap decoy in a fake token': offers({ amount: '1', asset: PAYEE }, { amount: '200000000' }),
    'a cheap decoy on another network': offers({ amount: '1', network: 'base' }, { amount: '200000000' }),
    'a cheap decoy by another Permit2': offers(
      { amount: '1', extra: { assetTransferMethod: 'permit2', verifyingContract: GATEWAY } },
      { amount: '200000000' },
    ),
    'a cheap decoy without time': offers({ amount: '1', maxTimeoutSeconds: 0 }, { amount: '200000000' }),
    'thirty-one decoys': offers(...Array.from({ length: 31 }, () => ({ amount: '0' })), { amount: '200000000' }),
    'two amounts, the last of them dear': withAmount('"20000","amount":"200000000"'),
    'two amounts, the dear one in escaped letters': withAmount('"20000","\\u0061mount":"200000000"'),
    'two lists of offers, the last of them dear': headerOf(
      TEXT.replace(/}$/, `,"accepts":[${JSON.stringify(entry({ amount: '200000000' }))}]}`),
    ),
    'decimals that make it look cheap': offer({
      amount: '200000000',
      extra: { name: 'USDC', version: '2', decimals: 12 },
    }),
    'another price in the extra': offer({ amount: '200000000', extra: { amount: '1', price: '$0.000001' } }),
    'another price under the older name': offer({ amount: '200000000', maxAmountRequired: '1' }),
  }),
  ...misplaced('ask: over_most_per_payment', {
    'a millionth above what this site may take': { changes: { rules: rules({ sites: { [SHOP]: auto(1n) } }) } },
  }),
  {
    ...one(
      'a cheap decoy in a token that the wallet lacks',
      'ask: over_most_per_payment',
      offers({ amount: '1', network: 'eip155:8453', asset: BASE_USDC }, { amount: '200000000' }),
    ),
    changes: { funds: funds({ available: ({ network }) => (network === 'eip155:8453' ? 0n : 10n ** 12n) }) },
  },
  ...doomed('refuse: over_site_day_limit', {
    "a millionth above the site's day": offer({ amount: (1000n * DOLLAR + 1n).toString() }),
  }),
  ...doomed('refuse: over_day_limit, over_site_day_limit', {
    "a millionth above anybody's day": offer({ amount: (5000n * DOLLAR + 1n).toString() }),
    'the largest amount there is': offer({ amount: (UINT256 - 1n).toString() }),
    'more than a number of scripts counts': offer({ amount: '9007199254740993' }),
    'more than sixty-four bits': offer({ amount: (2n ** 64n + 20_000n).toString() }),
    'more than a hundred and twenty-eight bits': offer({ amount: (2n ** 128n + 20_000n).toString() }),
    'seventy-seven digits': offer({ amount: '1'.padEnd(77, '0') }),
  }),
  ...misplaced('refuse: over_day_limit', {
    'the last straw of a day': { changes: { tallies: spent({ [everything('test')]: 5000n * DOLLAR - 19_999n }) } },
  }),
  ...misplaced('refuse: over_site_day_limit', {
    "the last straw of a site's day": {
      changes: { tallies: spent({ [siteScope('test', SHOP)]: 1000n * DOLLAR - 19_999n }) },
    },
  }),
  ...misplaced('refuse: over_page_maximum', {
    'a millionth above what the page allows': { changes: { context: context({ pageMaximum: usd(19_999n) }) } },
    'anything at all, when the page allows nothing': { changes: { context: context({ pageMaximum: usd(0n) }) } },
  }),
  ...misplaced('refuse: insufficient_funds', {
    'a millionth more than there is': { changes: { funds: funds({ available: () => 19_999n }) } },
    'money that is held for others': { changes: { funds: funds({ available: () => -1n }) } },
  }),
]

const IMPOSTORS: Quote[] = doomed('ask: foreign_resource', {
  'another host': selling('https://bank.example/'),
  'a subdomain': selling('https://www.shop.example/article'),
  'the domain above': selling('https://example/article'),
  'a host that begins like the shop': selling('https://shop.example.evil.example/'),
  'a host that ends like the shop': selling('https://evilshop.example/'),
  'the shop for a user name': selling('https://shop.example@bank.example/'),
  'the shop for a user name and a password': selling('https://shop.example:443@bank.example/'),
  'a Cyrillic letter in the host': selling('https://shоp.example/'),
  'that host in its other spelling': selling('https://xn--shp-tdd.example/'),
  'a digit that looks like a letter': selling('https://sh0p.example/'),
  'a dot behind the host': selling('https://shop.example./article'),
  'another host without a scheme': selling('//bank.example/'),
  'another host behind backslashes': selling('\\\\bank.example\\'),
  'another host behind a slash and a backslash': selling('/\\bank.example/'),
  'another host behind a scheme alone': selling('https:bank.example'),
  'another host behind too many slashes': selling('https://////bank.example'),
  'a scheme broken by a line': selling('ht\ntps://bank.example/'),
  'blanks and another host': selling('   https://bank.example/'),
  'a number for a host': selling('https://2130706433/'),
  'the reader’s own computer': selling('http://127.0.0.1/'),
  'a script': selling('javascript:alert(1)'),
  'a page in the address': selling('data:text/html,<h1>Bank</h1>'),
  'a file': selling('file:///etc/passwd'),
  'a file of the host’s own name': selling('file:article'),
  'a mail': selling('mailto:me@shop.example'),
  'a page of the browser’s': selling('about:blank'),
  'a page of an extension': selling('chrome-extension://abcdefghijklmnop/popup.html'),
  'a piece of memory': selling('blob:https://shop.example/1'),
  'a tool': selling('mcp://tool/weather'),
  'no address': selling('https://'),
  'a host that cannot be': selling('https://sh op.example/'),
  'two resources, the last of them foreign': altered(
    '"accepts":',
    '"resource":{"url":"https://bank.example/"},"accepts":',
  ),
})

const MISPLACED: Quote[] = [
  ...misplaced('ask: background_tab', { 'a tab behind': { changes: { context: context({ activeTab: false }) } } }),
  ...misplaced('ask: from_history', { 'the back button': { changes: { context: context({ fromHistory: true }) } } }),
  ...misplaced('ask: after_redirect', { 'a redirect': { changes: { context: context({ afterRedirect: true }) } } }),
  ...misplaced('ask: paid_recently', { 'a reload': { changes: { context: context({ paidRecently: true }) } } }),
  ...misplaced('ask: maybe_paid', { 'a second bill': { changes: { context: context({ maybePaid: true }) } } }),
  ...misplaced('ask: background_tab, from_history', {
    'the back button in a tab behind': { changes: { context: context({ fromHistory: true, activeTab: false }) } },
  }),
  ...misplaced('ask: clock_skew', {
    'a clock a second too far ahead': { changes: { context: context({ clockSkew: 61 }) } },
    'a clock a second too far behind': { changes: { context: context({ clockSkew: -61 }) } },
    'a clock of another age': { changes: { context: context({ clockSkew: -1e11 }) } },
    'a clock beyond all clocks': { changes: { context: context({ clockSkew: Number.POSITIVE_INFINITY }) } },
  }),
  ...misplaced('ask: auto_pay_off', {
    'a site that the user allowed nothing': { changes: { rules: rules({ autoPay: false }) } },
    "another site's page at an allowed site": {
      changes: {
        rules: rules({ autoPay: false, sites: { [SHOP]: auto(100n) } }),
        context: context({ page: READER }),
      },
    },
    'a page that looks like a listed one': {
      changes: {
        rules: rules({ autoPay: false, sites: { [SHOP]: auto(100n, [READER]) } }),
        context: context({ page: `${READER}.evil.example` }),
      },
    },
    'a page without an origin': {
      changes: {
        rules: rules({ autoPay: false, sites: { [SHOP]: auto(100n, [READER]) } }),
        context: context({ page: 'null' }),
      },
    },
    'the same site over another port': {
      url: 'https://shop.example:8443/article',
      changes: { rules: rules({ autoPay: false, sites: { [SHOP]: auto(100n) } }) },
    },
    'a site named like a prototype': {
      url: 'https://__proto__/article',
      changes: { rules: rules({ autoPay: false }), context: context({ page: 'https://__proto__' }) },
    },
  }),
  ...misplaced('ask: site_asks', {
    'a site that is always asked about': { changes: { rules: rules({ sites: { [SHOP]: { mode: 'ask' } } }) } },
  }),
  ...misplaced('ask: wallet_locked', {
    'a locked wallet': { changes: { funds: funds({ payer: { state: 'locked' } }) } },
  }),
  ...misplaced('ask: wallet_missing', { 'no wallet': { changes: { funds: funds({ payer: { state: 'missing' } }) } } }),
  ...misplaced('refuse: redirected', {
    'a price from elsewhere': { changes: { context: context({ obstacle: 'redirected' }) } },
  }),
  ...misplaced('refuse: form_post', { 'a form': { changes: { context: context({ obstacle: 'form_post' }) } } }),
  ...misplaced('refuse: site_blocked', {
    'a blocked site': { changes: { rules: rules({ sites: { [SHOP]: { mode: 'block' } } }) } },
    'a blocked page at another site': {
      changes: { rules: rules({ sites: { [READER]: { mode: 'block' } } }), context: context({ page: READER }) },
    },
  }),
  ...misplaced('refuse: plain_http', {
    'a price over plain http': { url: 'http://shop.example/article' },
    'plain http on the port of https': { url: 'http://shop.example:443/article' },
    'a host that begins like this computer': { url: 'http://localhost.evil.example/' },
    'a host that begins like this computer’s number': { url: 'http://127.0.0.1.evil.example/' },
    'a host that ends like this computer': { url: 'http://notlocalhost/' },
    'this computer for a user name': { url: 'http://localhost@evil.example/' },
    'another number of this computer': { url: 'http://127.0.0.2/' },
    'any computer': { url: 'http://0.0.0.0/' },
    'the house’s network': { url: 'http://192.168.0.1/' },
    'this computer inside of a longer number': { url: 'http://[::ffff:127.0.0.1]/' },
    'a dot behind this computer': { url: 'http://localhost./' },
    'another protocol': { url: 'ftp://localhost/' },
    'a socket': { url: 'ws://localhost/' },
  }),
]

/** Quotes of every kind of malice that came to mind, each with what must become of it. */
export const HOSTILE_QUOTES: readonly Quote[] = [
  ...UNREADABLE,
  ...UNPAYABLE,
  ...OVERCHARGING,
  ...IMPOSTORS,
  ...MISPLACED,
]
