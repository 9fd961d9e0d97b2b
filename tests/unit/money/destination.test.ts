import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { ASSETS } from '@/lib/money/assets'
import { destinationProblem } from '@/lib/money/destination'

const OWN = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const OTHER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const EVM = ASSETS.filter(({ family }) => family === 'evm')

describe('money is sent', () => {
  test.each([OTHER, OTHER.toLowerCase()])('to an account: %s', (address) => {
    expect(destinationProblem(address, OWN)).toBeNull()
  })
})

describe('money is not sent', () => {
  test.each([
    '',
    '0x',
    OTHER.slice(0, -1),
    `${OTHER}0`,
    ` ${OTHER}`,
    OTHER.slice(2),
    'vitalik.eth',
    'So11111111111111',
  ])('to what is no address: "%s"', (text) => {
    expect(destinationProblem(text, OWN)).toBe('not_an_address')
  })

  test('to an address with any one letter in the wrong case', () => {
    const wrong = [...OTHER].flatMap((letter, index) =>
      index > 1 && /[a-z]/i.test(letter)
        ? [
            OTHER.slice(0, index) +
              (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()) +
              OTHER.slice(index + 1),
          ]
        : [],
    )
    expect(wrong.length).toBeGreaterThan(5)
    for (const text of wrong) expect(destinationProblem(text, OWN)).toBe('misspelt')
  })

  test('to nobody', () => {
    expect(destinationProblem(`0x${'0'.repeat(40)}`, OWN)).toBe('nobody')
  })

  test.each(EVM)('to the contract of $symbol on $network, however it is written', ({ address }) => {
    expect(destinationProblem(address, OWN)).toBe('token')
    expect(destinationProblem(getAddress(address), OWN)).toBe('token')
  })

  test('to itself, however it is written', () => {
    expect(destinationProblem(OWN, OWN)).toBe('own')
    expect(destinationProblem(OWN.toLowerCase(), OWN)).toBe('own')
    expect(destinationProblem(OWN, OWN.toLowerCase())).toBe('own')
  })
})
