// Has the capture served again, and says where.

import { element } from './format.js'

export function serveForm(section, path) {
  const form = section.querySelector('form')
  const stop = section.querySelector('.stop')
  const served = section.querySelector('.served')

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { speed, instant, fault, shares } = form.elements
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        speed: Number(speed.value), instant: instant.checked, fault: fault.value.trim(), shares: shares.checked,
      }),
    })
    if (!response.ok) {
      served.replaceChildren(element('p', { class: 'alarm' }, await response.text()))
      return
    }
    const { url, get_url: getUrl, curl } = await response.json()
    const lines = [['URL', url], ['as a GET', getUrl], ['curl', curl]].filter(([, text]) => text)
    served.replaceChildren(...lines.map(([name, text]) => line(name, text)))
    stop.disabled = false
  })

  stop.addEventListener('click', async () => {
    await fetch(path, { method: 'DELETE' })
    served.replaceChildren(element('p', { class: 'quiet' }, 'It is served no more.'))
    stop.disabled = true
  })
}

function line(name, text) {
  const copy = async (event) => {
    await navigator.clipboard.writeText(text)
    event.target.textContent = 'copied'
  }
  return element(
    'div',
    { class: 'bar' },
    element('button', { type: 'button', onclick: copy, 'aria-label': `copy ${name}` }, 'copy'),
    element('span', { class: 'quiet' }, name),
    element('pre', { class: 'mono' }, text),
  )
}
