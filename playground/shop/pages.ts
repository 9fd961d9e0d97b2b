import { type Article, almanack, lighthouse, tideClock, tollBridge } from './articles.ts'

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='%238c2f1b'/><text x='8' y='11.5' font-family='serif' font-size='10' text-anchor='middle' fill='white'>¼</text></svg>"

const BRIDGE = `<svg class="picture" viewBox="0 0 600 220" role="img" aria-label="A stone bridge of three arches over a river, under a coin-bright sun">
  <circle cx="478" cy="42" r="26" class="sun"/>
  <text x="478" y="51" text-anchor="middle" class="coin">¼</text>
  <path class="stone" d="M0 92 Q300 56 600 92 V178 H556 A56 66 0 0 0 444 178 H356 A56 76 0 0 0 244 178 H156 A56 66 0 0 0 44 178 H0 Z"/>
  <path class="line" d="M0 84 Q300 48 600 84"/>
  <path class="line" d="M0 188 H600 M30 198 H250 M300 198 H420 M470 198 H580 M90 208 H180 M240 208 H390 M430 208 H520"/>
</svg>`

interface Page {
  readonly title: string
  readonly main: string
  readonly front?: boolean
  readonly head?: string
}

function page({ title, main, front = false, head = '' }: Page): string {
  const name = front ? '<h1 class="name">The Farthing Post</h1>' : '<a class="name" href="/">The Farthing Post</a>'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/shop.css">
${head}
</head>
<body>
<header class="masthead${front ? '' : ' small'}">
${name}
<p class="dateline"><span>Little Harrow</span><span>No. 402</span><span>Sold by the piece</span></p>
</header>
<main>
${main}
</main>
<footer>
<p>The Farthing Post is a demonstration. It takes test dollars on chains that run on this machine, and every word in it is made up.</p>
</footer>
</body>
</html>
`
}

function price(amount: string): string {
  return `<span class="price">${amount}</span>`
}

function teaser(article: Article, picture = ''): string {
  return `<article class="teaser">
${picture}
<p class="section">${article.section}</p>
<h2><a href="${pathOf(article)}">${article.title}</a> ${price(article.price)}</h2>
<p class="standfirst">${article.standfirst}</p>
<p class="byline">${byline(article)}</p>
</article>`
}

function heading(article: Article): string {
  return `<p class="section">${article.section}</p>
<h1>${article.title}</h1>
<p class="standfirst">${article.standfirst}</p>
<p class="byline">By ${byline(article)}</p>`
}

function byline({ author, minutes, on }: Article): string {
  return `${author} · ${minutes === 1 ? 'a minute' : `${minutes} minutes`}${on === undefined ? '' : ' · paid on Solana'}`
}

export function pathOf(article: Article): `/articles/${string}` {
  return `/articles/${article.slug}`
}

/** The free front page. */
export function frontPage(): string {
  return page({
    title: 'The Farthing Post',
    front: true,
    main: `<div class="lead">
${teaser(tollBridge, BRIDGE)}
<div class="side">
${teaser(tideClock)}
<section aria-labelledby="brief">
<h2 id="brief">In brief</h2>
<ul>
<li>The library has lent out its last umbrella and is asking for the other eleven back.</li>
<li>A heron seen on the town hall roof on Monday was, the clerk confirms, a weathervane.</li>
<li>Thursday’s market moves to Friday. Friday’s market is on Thursday.</li>
</ul>
</section>
</div>
</div>
<div class="columns">
<section aria-labelledby="lighthouse">
<h2 id="lighthouse"><a href="${pathOf(lighthouse)}">${lighthouse.title}</a> ${price(lighthouse.price)}</h2>
<p>${lighthouse.standfirst}</p>
<p class="byline">${byline(lighthouse)}</p>
</section>
<section aria-labelledby="almanack">
<h2 id="almanack"><a href="${almanack.path}">${almanack.title}</a> ${price(almanack.price)}</h2>
<p>${almanack.standfirst}</p>
<p class="byline">PDF, one page</p>
</section>
<section aria-labelledby="agent">
<h2 id="agent"><a href="/agent">Where to picnic today</a></h2>
<p>Our agent asks the weather desk about three cities and picks one. It pays for its own answers, a tenth of a cent at a time.</p>
<p class="byline">Up to $0.003</p>
</section>
</div>`,
  })
}

/** The whole article, for those who have paid. */
export function articlePage(article: Article): string {
  return page({
    title: `${article.title} – The Farthing Post`,
    main: `<article class="story">
${heading(article)}
${article.paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n')}
<p class="end"><a href="/">Back to the front page</a></p>
</article>`,
  })
}

/** What a browser that has not paid is shown in an article's place: the beginning, and what the rest costs. */
export function articlePaywall(article: Article): string {
  return paywall({
    title: article.title,
    price: article.price,
    thing: 'The rest of this article',
    main: `${heading(article)}
<p class="fading">${article.paragraphs[0]}</p>`,
  })
}

/** What a browser that has not paid is shown in the almanack's place. */
export function almanackPaywall(): string {
  return paywall({
    title: almanack.title,
    price: almanack.price,
    thing: 'This file',
    main: `<p class="section">Download</p>
<h1>${almanack.title}</h1>
<p class="standfirst">${almanack.standfirst}</p>`,
  })
}

function paywall(offer: { title: string; price: string; thing: string; main: string }): string {
  return page({
    title: `${offer.title} – The Farthing Post`,
    main: `<article class="story">
${offer.main}
<aside class="paywall" aria-labelledby="cost">
<h2 id="cost">${offer.thing} costs ${price(offer.price)}</h2>
<p>This site takes payment by x402: a browser that can pay will settle it here, by the rules you gave it. There is no account to open and no subscription to cancel.</p>
<p><a href="/">Back to the front page</a></p>
</aside>
</article>`,
  })
}

/** The page of the demo agent, which buys its answers from the weather API at `apiUrl`. */
export function agentPage(apiUrl: string): string {
  const cities = ['Lisbon', 'Oslo', 'Kyoto']
  return page({
    title: 'Where to picnic today – The Farthing Post',
    head: '<script type="module" src="/agent.js"></script>',
    main: `<article class="story">
<p class="section">The agent’s desk</p>
<h1>Where to picnic today</h1>
<p class="standfirst">The agent asks the weather desk about three cities and picks the best. Each answer costs $0.001, which it pays through your browser.</p>
<form id="agent" data-api="${apiUrl}">
<button>Ask the agent</button>
</form>
<ol id="answers" class="answers">
${cities.map((city) => `<li data-city="${city}"><b>${city}</b> <span role="status">Not asked yet</span></li>`).join('\n')}
</ol>
<p id="verdict" class="verdict" role="status"></p>
</article>`,
  })
}
