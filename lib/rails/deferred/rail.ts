import { base64 } from '@scure/base'
import { createSignature } from 'http-message-sig'
import { PAY_PER_CRAWL } from '@/lib/challenge/dialects/crawler'
import type { Terms } from '@/lib/challenge/scheme'
import { TuppenceError } from '@/lib/errors'
import { CREDIT } from '@/lib/money/assets'
import { defineRail } from '@/lib/rails/rail'
import { agentHeader, FRESH_SECONDS, NONCE_BYTES } from '@/lib/wallet/gate-request'
import { signatureAgent } from '@/lib/wallet/signature-agent'

/** Another first number would mean that something has changed which we know nothing of ("Network Version"). */
const VERSION = /^1(\.|$)/

const TERMS: Terms = { rail: 'deferred', signers: ['vault'], asksChain: false }

/**
 * Paid later, by a bill: the request itself is signed by the user's signature agent, and whoever bills it knows by that whom
 * (x402, batch-settlement on cloudflare:402, which was first called deferred; Cloudflare's pay-per-crawl). Nothing moves on a chain.
 */
export const deferred = ['batch-settlement', 'deferred', PAY_PER_CRAWL].map((scheme) =>
  defineRail({
    id: TERMS.rail,
    scheme,

    read({ extra }, asset) {
      // Each counts in units of its own.
      if (asset !== (scheme === PAY_PER_CRAWL ? CREDIT.micros : CREDIT.cents)) return null
      return VERSION.test(String(extra?.version ?? '1')) ? TERMS : 'unsupported_transfer_method'
    },

    async prepare({ offer: { units, asset } }) {
      return async () => ({ amount: units.toString(), asset: asset.address })
    },

    /** RFC 9421, over the host, the agent and the one header that says what is paid. */
    async seal({ headers }, { method, url }, { validSeconds, signers }) {
      const { address, keyId } = (await signatureAgent()) ?? {}
      if (!address || keyId === undefined) throw new TuppenceError('signature_agent_missing')
      const [payment, ...others] = headers
      if (!payment || others.length > 0) throw new TuppenceError('internal')
      const named = { name: 'Signature-Agent', value: agentHeader(address) }
      const paid = payment.name.toLowerCase()
      const created = Math.floor(Date.now() / 1000)
      const { signature, signatureInput } = await createSignature(
        { kind: 'request', method, targetUri: url, fields: [named, payment] },
        {
          label: 'sig',
          components: ['@authority', 'signature-agent', paid],
          parameters: {
            created,
            expires: created + Math.min(validSeconds, FRESH_SECONDS),
            keyid: keyId,
            nonce: base64.encode(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
            tag: 'web-bot-auth',
          },
          signer: signers.request({ url, agent: address, keyId, payment: { name: paid, value: payment.value } }),
        },
      )
      return {
        headers: [
          payment,
          named,
          { name: 'Signature-Input', value: signatureInput },
          { name: 'Signature', value: signature },
        ],
      }
    },
  }),
)
