import { hashTypedData, type TypedDataDefinition } from 'viem'
import { describe, expect, test } from 'vitest'
import { clear, type Expected } from '@/lib/wallet/gate'
import { AUTHORIZED, expected, PAYEE, PAYER, typedData, USDC, withValue } from './typed-data'

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'

/** The name of the field for which typed data is refused. */
function refusalOf(data: unknown, purchase: Expected = expected()): string {
  try {
    clear(data, purchase)
  } catch (error) {
    expect(error).toMatchObject({ name: 'TuppenceError', code: 'signing_refused' })
    return (error as { values: { field: string } }).values.field
  }
  throw new Error('It was cleared.')
}

describe('the gate clears', () => {
  test.each(AUTHORIZED)('what the x402 SDK asks to sign, in $symbol on $network', async (asset) => {
    const { network, address, domain } = asset
    const data = await typedData({ network, asset: address, extra: { ...domain } })
    const { nonce, validBefore } = data.message
    expect(clear(data, expected({ asset }))).toEqual({
      digest: hashTypedData(data as unknown as TypedDataDefinition),
      method: 'eip3009',
      nonce,
      validBefore: Number(validBefore),
    })
  })

  test('any nonce, and gives it in lower case', async () => {
    const data = withValue(await typedData(), 'message.nonce', `0x${'AB'.repeat(32)}`)
    expect(clear(data, expected()).nonce).toBe(`0x${'ab'.repeat(32)}`)
  })

  test('addresses in any case of letters', async () => {
    const data = await typedData()
    const { digest } = clear(data, expected())
    const lower = Object.entries({
      'domain.verifyingContract': USDC.address,
      'message.to': PAYEE.toLowerCase(),
      'message.from': PAYER.toLowerCase(),
    }).reduce((before, [path, value]) => withValue(before, path, value), data)
    expect(clear(lower, expected()).digest).toBe(digest)
    expect(clear(data, expected({ to: PAYEE.toUpperCase().replace('0X', '0x') })).digest).toBe(digest)
  })

  test('a shorter time than is allowed, and the longest exactly', async () => {
    const data = await typedData()
    const latestValidBefore = Number(data.message.validBefore)
    expect(clear(data, expected({ latestValidBefore })).validBefore).toBe(latestValidBefore)
    expect(refusalOf(data, expected({ latestValidBefore: latestValidBefore - 1 }))).toBe('message.validBefore')
  })
})

describe('the gate refuses', () => {
  test.each<[path: string, value: unknown]>([
    ['domain.name', 'USD Coin'],
    ['domain.version', '1'],
    ['domain.chainId', 8453],
    ['domain.verifyingContract', STRANGER],
    ['message.from', STRANGER],
    ['message.to', STRANGER],
    ['message.value', 20_001n],
    ['message.value', 19_999n],
    ['message.value', 2n ** 256n + 20_000n],
    ['message.validBefore', 2n ** 255n],
    ['message.validAfter', 1n],
  ])('another %s: %s', async (path, value) => {
    expect(refusalOf(withValue(await typedData(), path, value))).toBe(path)
  })

  test.each<[what: string, path: string, value: unknown]>([
    ['a chain id in words', 'domain.chainId', '84532'],
    ['a chain id as a bigint', 'domain.chainId', 84532n],
    ['a value in words', 'message.value', '20000'],
    ['a value as a number', 'message.value', 20_000],
    ['a short nonce', 'message.nonce', '0x01'],
    ['a payee that is no address', 'message.to', 'vitalik.eth'],
    ['a salt', 'domain.salt', `0x${'00'.repeat(32)}`],
    ['one more field in the message', 'message.spender', STRANGER],
    ['one more field beside it', 'account', PAYER],
    ['a message without a payee', 'message.to', undefined],
    ['a domain without a contract', 'domain.verifyingContract', undefined],
    ['no domain', 'domain', undefined],
    ['one more type', 'types.Permit', [{ name: 'owner', type: 'address' }]],
    ['the domain among the types', 'types.EIP712Domain', [{ name: 'name', type: 'string' }]],
    ['no types', 'types', {}],
    ['a field of another type', 'types.TransferWithAuthorization.2.type', 'uint128'],
    ['a field of another name', 'types.TransferWithAuthorization.1.name', 'too'],
  ])('%s', async (_, path, value) => {
    refusalOf(withValue(await typedData(), path, value))
  })

  test('fields in another order, and one field less', async () => {
    const data = await typedData()
    const { TransferWithAuthorization: fields = [] } = data.types
    expect(refusalOf({ ...data, types: { TransferWithAuthorization: fields.toReversed() } })).toBe('types')
    expect(refusalOf({ ...data, types: { TransferWithAuthorization: fields.slice(1) } })).toBe('types')
  })

  test.each(['Permit', 'PermitWitnessTransferFrom', 'Approve', 'ReceiveWithAuthorization', 'CancelAuthorization', ''])(
    'to sign a %s, even in the shape of a transfer',
    async (primaryType) => {
      const data = await typedData()
      const [fields = []] = Object.values(data.types)
      expect(refusalOf({ ...data, primaryType })).toBe('primaryType')
      expect(refusalOf({ ...data, primaryType, types: { [primaryType]: fields } })).toBe('primaryType')
    },
  )

  test('a Permit2 witness as the SDK would ask for it', () => {
    refusalOf({
      domain: { name: 'Permit2', chainId: 84532, verifyingContract: '0x000000000022D473030F116dDEE9F6B43aC78BA3' },
      types: { PermitWitnessTransferFrom: [{ name: 'spender', type: 'address' }] },
      primaryType: 'PermitWitnessTransferFrom',
      message: { spender: '0x402085c248EeA27D92E8b30b2C58ed07f9E20001' },
    })
  })

  test.each([[undefined], [null], [''], [[]], [{}], [() => undefined]])('what is no typed data: %j', (data) => {
    refusalOf(data)
  })

  test('a token on a network that is not known', async () => {
    const asset = { ...USDC, network: 'eip155:5' } as const
    expect(refusalOf(await typedData(), expected({ asset }))).toBe('domain.chainId')
  })
})
