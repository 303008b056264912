// Two captures: their events on one time axis, and those that differ side by side.

import { saidAndData, words } from './event-list.js'
import { duration, element, oneLine, pretty, printable, thousands } from './format.js'
import { Rows } from './rows.js'

const both = JSON.parse(document.getElementById('times').textContent)
const canvas = document.querySelector('canvas')
const wholeS = Math.max(0.001, ...both.map((times) => times.at(-1) ?? 0)) * 1.02

function paint() {
  const { clientWidth: width, clientHeight: height } = canvas
  canvas.width = width * devicePixelRatio
  canvas.height = height * devicePixelRatio
  const context = canvas.getContext('2d')
  context.scale(devicePixelRatio, devicePixelRatio)
  const style = getComputedStyle(canvas)
  const lane = (height - 20) / 2
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'top'
  both.forEach((times, which) => {
    context.fillStyle = style.getPropertyValue(which ? '--alarm' : '--accent')
    const seen = new Set()
    for (const t of times) {
      const x = Math.round((t / wholeS) * width)
      if (seen.has(x)) continue
      seen.add(x)
      context.fillRect(x, which * lane + 4, 1.5, lane - 8)
    }
    context.fillStyle = style.getPropertyValue('--text')
    context.fillText('AB'[which], 2, which * lane + 4)
  })
  const power = 10 ** Math.floor(Math.log10(wholeS / 5))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wholeS / 8) * power
  context.fillStyle = style.getPropertyValue('--quiet')
  for (let t = 0; t <= wholeS; t += step) {
    const x = (t / wholeS) * width
    if (x + context.measureText(duration(t)).width <= width) context.fillText(duration(t), x, height - 15)
  }
}

new ResizeObserver(paint).observe(canvas)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)

const pairs = JSON.parse(document.getElementById('pairs').textContent)
const keys = ['a', 'b'].map((name) => new URLSearchParams(location.search).get(name))
const place = document.querySelector('.unlike')

function cells(number) {
  return {
    classes: ['difference'],
    cells: pairs[number].flatMap((event) => {
      if (!event) return ['', element('span', { class: 'quiet' }, 'none')]
      const [position, type, data, phrases] = event
      const kind = element('span', { class: 'quiet' }, oneLine(type && `${type} `))
      const shown = saidAndData(phrases.length ? phrases : null, data)
      return [`#${position}`, [...shown.slice(0, -1), kind, ...shown.slice(-1)]]
    }),
  }
}

/** One of the chosen events in full; of a long one the beginning, and the rest on demand. */
function inFull(event, which) {
  if (!event) return element('div', { class: 'detail quiet' }, `No event in ${'AB'[which]}.`)
  const [position, type, data, phrases, wholeLength] = event
  const shown = element('pre', {}, printable(pretty(data)))
  const showAll = async (clicked) => {
    clicked.target.remove()
    const answer = await fetch(`/captures/${keys[which]}/data/${position}`)
    shown.textContent = printable(pretty(await answer.text()))
  }
  return element(
    'div',
    { class: 'detail', tabindex: 0 },
    element('p', { class: 'quiet mono' }, oneLine(`${'AB'[which]} #${position} ${type}`)),
    phrases.length ? element('p', { class: 'mono' }, words(phrases)) : null,
    shown,
    wholeLength ? element('button', { onclick: showAll }, `show all ${thousands(wholeLength)} characters`) : null,
  )
}

if (place) {
  const show = (number) => document.querySelector('.pair').replaceChildren(...pairs[number].map(inFull))
  const rows = new Rows('events that differ', { cellsOf: cells, onChoose: show })
  const heading = element('div', { class: 'row difference', 'aria-hidden': 'true' }, ['', 'A', '', 'B'].map((name) => element('span', {}, name)))
  place.append(element('div', { class: 'list-head quiet' }, heading), rows.element)
  rows.element.style.height = `min(26rem, ${pairs.length * rows.rowPx + 2}px)`
  rows.resize(pairs.length)
  rows.choose(0, true)
}
