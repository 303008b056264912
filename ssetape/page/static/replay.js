// Asks the server to replay the capture, and shows the URL.

import { copyLine } from './copying.js'
import { element } from './format.js'

export function serveForm(section, path) {
  const form = section.querySelector('form')
  const stop = section.querySelector('.stop')
  const served = section.querySelector('.served')

  const say = (text, name) => served.replaceChildren(element('p', { class: name }, text))
  const ask = (options) => fetch(path, options).catch(() => new Response('No answer from the server of this page: is it still running?', { status: 503 }))

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { speed, instant, fault, shares } = form.elements
    const response = await ask({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        speed: Number(speed.value), instant: instant.checked, fault: fault.value.trim(), shares: shares.checked,
      }),
    })
    if (!response.ok) {
      say(await response.text(), 'alarm')
      return
    }
    const { url, get_url: getUrl, curl } = await response.json()
    const lines = [['URL', url], ['as a GET', getUrl], ['curl', curl]].filter(([, text]) => text)
    served.replaceChildren(...lines.map(([name, text]) => copyLine(name, text)))
    stop.disabled = false
  })

  stop.addEventListener('click', async () => {
    const response = await ask({ method: 'DELETE' })
    if (!response.ok) {
      say(await response.text(), 'alarm')
      return
    }
    say('The replay has stopped.', 'quiet')
    stop.disabled = true
  })
}
