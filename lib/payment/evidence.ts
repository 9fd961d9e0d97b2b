import { offerWorth, receiptWorth } from '@/lib/challenge/offer-receipt'
import type { Payment } from '@/lib/ledger/payment'
import type { Evidence } from '@/lib/messaging/schema'

/** What the site has signed of a payment, looked at anew: nothing but what is signed is taken on trust. */
export async function evidenceOf(payment: Payment): Promise<Evidence> {
  const {
    network,
    asset: assetAddress,
    payTo,
    units,
    from,
    url,
    createdAt,
    signedOffer,
    receipt,
    transaction,
  } = payment
  const at = Math.floor(createdAt / 1000)
  const transactions = [receipt?.transaction, transaction].filter((hash) => typeof hash === 'string')
  return {
    offer: signedOffer
      ? {
          signed: signedOffer,
          worth: await offerWorth(signedOffer, { offer: { network, assetAddress, payTo, units }, url, at }),
        }
      : null,
    receipt: receipt?.signed
      ? {
          signed: receipt.signed,
          worth: await receiptWorth(receipt.signed, { network, from, payTo, url, at, transactions }),
        }
      : null,
  }
}
