import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Address } from 'viem'
import { type PaidRoute, paidServer } from '../paid-server.ts'
import type { RunningServer } from '../server.ts'
import { type Article, almanack, lighthouse, tideClock, tollBridge } from './articles.ts'
import { agentPage, almanackPaywall, articlePage, articlePaywall, frontPage, pathOf } from './pages.ts'
import { pdf } from './pdf.ts'

const SERVICE = 'The Farthing Post'

interface ShopOptions {
  readonly facilitatorUrl: string
  readonly payTo: Address
  readonly solanaPayTo: string
  /** The weather API that the demo agent buys from. */
  readonly apiUrl: string
}

/** Starts the newspaper on shop.localhost: a free front page, three paid articles (one of them on Solana), a paid download and a demo agent. */
export function startShop({ apiUrl, ...money }: ShopOptions, port = 0): Promise<RunningServer> {
  const asset = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
  return paidServer({
    ...money,
    host: 'shop.localhost',
    port,
    free: (app) => {
      app.get('/', (_request, response) => void response.send(frontPage()))
      app.get('/agent', (_request, response) => void response.send(agentPage(apiUrl)))
      app.get('/shop.css', (_request, response) => void response.type('css').send(asset('./shop.css')))
      app.get('/agent.js', (_request, response) => void response.type('js').send(asset('./agent.js')))
    },
    routes: {
      [`GET ${pathOf(tideClock)}`]: articleRoute(tideClock),
      [`GET ${pathOf(tollBridge)}`]: articleRoute(tollBridge),
      [`GET ${pathOf(lighthouse)}`]: articleRoute(lighthouse),
      [`GET ${almanack.path}`]: almanackRoute,
    },
  })
}

function articleRoute(article: Article): PaidRoute {
  return {
    price: article.price,
    ...(article.on && { on: article.on }),
    description: `The full article: ${article.title}`,
    mimeType: 'text/html',
    serviceName: SERVICE,
    customPaywallHtml: articlePaywall(article),
    answer: (_request, response) => void response.send(articlePage(article)),
  }
}

const almanackRoute: PaidRoute = {
  price: almanack.price,
  description: `${almanack.title}, as a PDF`,
  mimeType: 'application/pdf',
  serviceName: SERVICE,
  customPaywallHtml: almanackPaywall(),
  answer: (_request, response) => {
    const file = pdf([
      { style: 'title', text: almanack.title },
      ...almanack.sections.flatMap(({ heading, text }) => [
        { style: 'heading', text: heading } as const,
        { style: 'body', text } as const,
      ]),
    ])
    response.attachment(basename(almanack.path)).type('pdf').send(file)
  },
}
