// Text to copy: a button, what the text is, and the text.

import { element } from './format.js'

export function copyLine(name, text) {
  const copy = async (event) => {
    await navigator.clipboard.writeText(text)
    event.target.textContent = 'copied'
    event.target.ariaLabel = `copied ${name}`
  }
  return element(
    'div',
    { class: 'bar copying' },
    element('button', { type: 'button', onclick: copy, 'aria-label': `copy ${name}` }, 'copy'),
    element('span', { class: 'quiet' }, name),
    element('pre', { class: 'mono' }, text),
  )
}
