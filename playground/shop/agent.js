const PROVIDER_TIMEOUT_MS = 500
const MAX_AMOUNT = '0.01'

/** Finds out who can pay, the way pages find wallets: ask, and whoever is there announces itself. */
function findProvider() {
  return new Promise((resolve) => {
    addEventListener('x402:announceProvider', (event) => resolve(event.detail.provider), { once: true })
    setTimeout(resolve, PROVIDER_TIMEOUT_MS)
    dispatchEvent(new Event('x402:requestProvider'))
  })
}

/** Buys the weather of one city. Says what happened, and what the answer was when there is one. */
async function buy(provider, api, city) {
  if (!provider) return { outcome: 'no-provider', text: 'Nothing in this browser can pay' }
  try {
    const response = await provider.fetch(`${api}/weather?city=${encodeURIComponent(city)}`, {
      payment: { reason: `Today’s weather in ${city}, to choose where to picnic`, maxAmount: MAX_AMOUNT },
    })
    if (response.status === 402) return { outcome: 'declined', text: 'Not paid, so not answered' }
    if (!response.ok) return { outcome: 'failed', text: `The weather desk answered ${response.status}` }
    const weather = await response.json()
    return { outcome: 'paid', text: `${weather.celsius} °C, ${weather.sky}, wind ${weather.windKmh} km/h`, weather }
  } catch (error) {
    return { outcome: 'failed', text: error.message }
  }
}

function verdict(answers) {
  const reports = answers.flatMap(({ weather }) => weather ?? [])
  if (reports.length === 0) return 'Without an answer the agent stays at home.'
  const comfort = ({ celsius, windKmh, sky }) => celsius - windKmh / 4 - (/rain|showers/.test(sky) ? 20 : 0)
  const best = reports.reduce((a, b) => (comfort(b) > comfort(a) ? b : a))
  return `Pack the basket for ${best.city}.`
}

const form = document.querySelector('#agent')
const button = form.querySelector('button')
const verdictLine = document.querySelector('#verdict')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  verdictLine.textContent = ''
  const provider = await findProvider()
  const answers = []
  for (const item of document.querySelectorAll('#answers li')) {
    const status = item.querySelector('[role=status]')
    item.dataset.outcome = 'asking'
    status.textContent = 'Asking…'
    const answer = await buy(provider, form.dataset.api, item.dataset.city)
    item.dataset.outcome = answer.outcome
    status.textContent = answer.text
    answers.push(answer)
  }
  verdictLine.textContent = verdict(answers)
  button.disabled = false
})
