import { ed25519 } from '@noble/curves/ed25519'
import { base64urlnopad } from '@scure/base'
import { createSignature } from 'http-message-sig'
import { expect, test } from 'vitest'

/** RFC 9421, B.1.4. */
const KEY = base64urlnopad.decode('n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU')

// The library writes what is signed, and noble's Ed25519 signs it: as the extension does.
test('the signature of RFC 9421, B.2.6, to the byte', async () => {
  const { signature, signatureInput } = await createSignature(
    {
      kind: 'request',
      method: 'POST',
      targetUri: 'https://example.com/foo?param=Value&Pet=dog',
      fields: [
        { name: 'Date', value: 'Tue, 20 Apr 2021 02:07:55 GMT' },
        { name: 'Content-Type', value: 'application/json' },
        { name: 'Content-Length', value: '18' },
      ],
    },
    {
      label: 'sig-b26',
      components: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'],
      parameters: { created: 1618884473, keyid: 'test-key-ed25519' },
      signer: { algorithm: 'ed25519', sign: (base) => ed25519.sign(base, KEY) },
    },
  )
  expect(signatureInput).toBe(
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
  )
  expect(signature).toBe(
    'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
  )
})
