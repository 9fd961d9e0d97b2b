import { setSettlementOverrides } from '@x402/express'
import type { RequestHandler } from 'express'
import type { Address } from 'viem'
import { EIP2612_GAS_SPONSORING, type PaidServer, paidServer } from '../paid-server.ts'

/** Made up from the letters of a name, so that it never changes. */
const luckOf = (name: string): number =>
  [...name.trim().toLowerCase()].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1009, 7)

const SKIES = ['clear', 'a few clouds', 'overcast', 'showers', 'steady rain'] as const

/** What the weather desk knows of a city. */
const weather: RequestHandler = (request, response) => {
  const { city } = request.query
  if (typeof city !== 'string' || city.trim() === '') {
    response.status(400).json({ error: 'Name a city, like /weather?city=Lisbon.' })
    return
  }
  const luck = luckOf(city)
  response.json({
    city: city.trim(),
    celsius: 9 + (luck % 19),
    sky: SKIES[luck % SKIES.length],
    windKmh: 3 + (luck % 28),
  })
}

/** What it knows of a harbour, in the same way. */
const sea: RequestHandler = (request, response) => {
  const { harbour } = request.query
  if (typeof harbour !== 'string' || harbour.trim() === '') {
    response.status(400).json({ error: 'Name a harbour, like /sea?harbour=Little%20Harrow.' })
    return
  }
  const luck = luckOf(harbour)
  response.json({ harbour: harbour.trim(), celsius: 6 + (luck % 14), wavesMetres: (luck % 30) / 10 })
}

/** What a line of the tides costs, and the most that a table of them may cost. */
const TIDE_LINE_USD = 0.002
const MOST_TIDE_LINES = 25

/** A table of the next high waters, metered: charged by its lines. */
const tides: RequestHandler = (request, response) => {
  const { harbour } = request.query
  const lines = Number(request.query.lines ?? '3')
  if (typeof harbour !== 'string' || harbour.trim() === '' || !(lines >= 0 && lines <= MOST_TIDE_LINES)) {
    response
      .status(400)
      .json({ error: 'Name a harbour and how many lines, like /tides?harbour=Little%20Harrow&lines=3.' })
    return
  }
  const luck = luckOf(harbour)
  setSettlementOverrides(response, { amount: `$${(TIDE_LINE_USD * lines).toFixed(3)}` })
  response.json({
    harbour: harbour.trim(),
    highWaters: Array.from(
      { length: lines },
      (_, index) => `${(luck + index * 12) % 24}:${10 + ((luck + index * 25) % 50)}`,
    ),
  })
}

/** When the next ferry leaves, in the same way. */
const ferry: RequestHandler = (request, response) => {
  const { harbour } = request.query
  if (typeof harbour !== 'string' || harbour.trim() === '') {
    response.status(400).json({ error: 'Name a harbour, like /ferry?harbour=Little%20Harrow.' })
    return
  }
  const luck = luckOf(harbour)
  response.json({ harbour: harbour.trim(), leaves: `${6 + (luck % 15)}:${10 + (luck % 50)}` })
}

/**
 * Starts the weather API on api.localhost: four paid routes, one of them paid on Solana, one metered, one paid from a prepaid tab,
 * readable from every origin, and no other CORS header.
 */
export function startApi(
  money: { facilitatorUrl: string; payTo: Address; solanaPayTo: string },
  port = 0,
): Promise<PaidServer> {
  return paidServer({
    ...money,
    host: 'api.localhost',
    port,
    free: (app) => {
      app.use((_request, response, next) => {
        response.set('Access-Control-Allow-Origin', '*')
        next()
      })
    },
    routes: {
      'GET /weather': {
        price: '$0.001',
        description: "Today's weather in one city",
        mimeType: 'application/json',
        answer: weather,
      },
      'GET /sea': {
        price: '$0.001',
        on: 'solana-devnet',
        description: "Today's water in one harbour",
        mimeType: 'application/json',
        answer: sea,
      },
      'GET /tides': {
        price: `$${TIDE_LINE_USD * MOST_TIDE_LINES}`,
        by: 'upto',
        description: 'The next high waters of one harbour, charged by the line',
        mimeType: 'application/json',
        extensions: EIP2612_GAS_SPONSORING,
        answer: tides,
      },
      'GET /ferry': {
        price: '$0.001',
        by: 'tab',
        deposit: '$0.01',
        description: 'The next ferry from one harbour',
        mimeType: 'application/json',
        answer: ferry,
      },
    },
  })
}
