import type { RequestHandler } from 'express'
import type { Address } from 'viem'
import { paidServer } from '../paid-server.ts'
import type { RunningServer } from '../server.ts'

const SKIES = ['clear', 'a few clouds', 'overcast', 'showers', 'steady rain'] as const

/** What the weather desk knows of a city: made up from the letters of its name, so that it never changes. */
const weather: RequestHandler = (request, response) => {
  const { city } = request.query
  if (typeof city !== 'string' || city.trim() === '') {
    response.status(400).json({ error: 'Name a city, like /weather?city=Lisbon.' })
    return
  }
  const luck = [...city.trim().toLowerCase()].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1009, 7)
  response.json({
    city: city.trim(),
    celsius: 9 + (luck % 19),
    sky: SKIES[luck % SKIES.length],
    windKmh: 3 + (luck % 28),
  })
}

/** Starts the weather API on api.localhost: one paid route, readable from every origin, and no other CORS header. */
export function startApi(money: { facilitatorUrl: string; payTo: Address }, port = 0): Promise<RunningServer> {
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
    },
  })
}
