import type { Signers } from '@/lib/rails/rail'

const nobody = () => {
  throw new Error('Nobody signs this.')
}

/** For a rail that is to ask for one kind of signature alone, which a test puts in its place. */
export const NO_SIGNERS = {
  typedData: nobody,
  allowance: nobody,
  transaction: nobody,
  request: nobody,
} satisfies Signers
