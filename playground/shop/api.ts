import type { RequestHandler } from 'express'
import type { Address } from 'viem'
import { paidServer } from '../paid-server.ts'
import type { RunningServer } from '../server.ts'

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

/** Starts the weather API on api.localhost: two paid routes, one of them paid on Solana, readable from every origin, and no other CORS header. */
export function startApi(
  money: { facilitatorUrl: string; payTo: Address; solanaPayTo: string },
  port = 0,
): Promise<RunningServer> {
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
    },
  })
}
