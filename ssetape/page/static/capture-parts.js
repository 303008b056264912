// The parts of a capture's page that are tables and text: facts, milestones, heads, calls, bytes.

import { words } from './event-list.js'
import { bytesText, duration, element, oneLine, pretty, printable, thousands } from './format.js'

// Of a longer event the page shows the beginning, and the rest on demand.
const SHOWN_CHARACTERS = 200_000
const CHUNKS_AT_ONCE = 1000
const PRINTED_EVENTS = 500
const PRINTED_CHARACTERS = 300

export function section(title, ...children) {
  return element('section', { 'aria-label': title }, element('h2', {}, title), children)
}

/** A section whose content is made only when it is opened. */
export function folded(title, make) {
  const inside = element('div')
  const details = element('details', {}, element('summary', {}, title), inside)
  details.addEventListener('toggle', () => {
    if (details.open) inside.replaceChildren(...[make()].flat().filter(Boolean))
  })
  return element('section', {}, details)
}

/** Make its content again, if it is open. */
export function refill(section) {
  section.firstChild.dispatchEvent(new Event('toggle'))
}

/** The waterfall as text. */
export function waterfallWords(capture) {
  const reached = capture.milestones.filter(([, t]) => t !== null)
  return `waterfall: ${reached.map(([name, t]) => `${name} at ${duration(t)}`).join(', ')}`
}

export function summary(capture) {
  const { response, end, tokens } = capture
  const words = [
    ['origin', capture.origin],
    ['started', capture.started.slice(0, 19).replace('T', ' ') || 'unknown'],
    ['status', response ? `${response.status} ${response.reason}` : 'none'],
    ['body', response?.remarks.join('; ')],
    ['protocol', capture.protocol ?? 'unknown'],
    ['model', capture.model],
    ['stop', capture.stop],
    ['events/s', capture.eventsPerS?.toFixed(1)],
    ['tokens', tokens && `${thousands(tokens.count)}${tokens.reported ? '' : ' (estimated)'}`],
    ['tokens/s', capture.tokensPerS?.toFixed(1)],
    ['end', end ? [end.reason, end.altered].filter(Boolean).join('; ') : 'still recording, or interrupted'],
    ['file', capture.name],
  ].filter(([, value]) => value !== null && value !== undefined && value !== '')
  return [
    element(
      'ul',
      { class: 'facts' },
      words.map(([name, value]) => element('li', {}, element('span', { class: 'quiet' }, `${name} `), element('b', {}, printable(String(value))))),
    ),
    ...[capture.error && `error in the stream: ${capture.error}`, ...capture.problems]
      .filter(Boolean)
      .map((text) => element('p', { class: 'alarm', role: 'alert' }, printable(text))),
  ]
}

/** An event in full; of a long one the beginning, and the rest on demand. */
export function eventDetail(capture, number, source) {
  const [t, first, type, id, data, , wholeLength] = capture.events[number]
  const text = printable(pretty(data))
  const shown = element('pre', {}, text.slice(0, SHOWN_CHARACTERS))
  const length = wholeLength ?? text.length
  const showAll = async (event) => {
    event.target.remove()
    shown.textContent = wholeLength === undefined ? text : printable(pretty(await source.data(number)))
  }
  const more = wholeLength !== undefined || text.length > SHOWN_CHARACTERS
    ? element('button', { onclick: showAll }, `show all ${thousands(length)} characters`)
    : null
  const since = first === null || first === t ? '' : `, first byte at ${first.toFixed(6)} s`
  const phrases = capture.said.get(number)
  const facts = [`#${number}`, type && printable(type), id && `id ${printable(id)}`, `${t.toFixed(6)} s${since}`]
  const head = element('p', { class: 'quiet mono' }, facts.filter(Boolean).join('  '))
  return [head, phrases && element('p', { class: 'mono' }, words(phrases)), shown, more].filter(Boolean)
}

/** The events for printing, as paper does not scroll. */
export function printedEvents(capture) {
  const rows = capture.events.slice(0, PRINTED_EVENTS).map(([t, , type, id, data], number) => {
    const phrases = capture.said.get(number)
    return [t.toFixed(3), oneLine(type), oneLine(id), phrases ? words(phrases) : oneLine(data.slice(0, PRINTED_CHARACTERS))]
  })
  const left = capture.events.length - rows.length
  if (left) rows.push(['', '', '', `and ${thousands(left)} more`])
  return rows.map((cells) => element('tr', {}, cells.map((text) => element('td', {}, text))))
}

export function milestones(capture) {
  const rows = [
    ...capture.milestones.filter(([, t]) => t !== null).map(([name, t]) => [name, `${t.toFixed(3)} s`]),
    ...capture.quantiles.filter(([, gap]) => gap !== null).map(([name, gap]) => [`gap ${name}`, duration(gap)]),
  ]
  return rows.map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', { class: 'number' }, value)))
}

export function callsTable(capture) {
  return capture.calls.map((call) =>
    element('div', {}, element('p', { class: 'mono' }, printable(`${call.name} ${call.id}`)), element('pre', {}, printable(pretty(call.arguments)))),
  )
}

export function figures(capture) {
  return element(
    'table',
    {},
    element('tr', {}, ['tool', 'figure', 'value', 'definition'].map((name) => element('th', { scope: 'col' }, name))),
    capture.figures.map(([tool, name, value, words]) =>
      element('tr', {}, [tool, name].map((text) => element('td', {}, text)), element('td', { class: 'number' }, duration(value)), element('td', {}, words)),
    ),
  )
}

export function headTable(part) {
  const row = ([name, value], mark = null) =>
    element('tr', {}, element('th', { scope: 'row' }, printable(name)), element('td', {}, printable(value), mark))
  const undone = () => element('span', { class: 'quiet' }, ' until the browser decoded the body')
  return element(
    'table',
    { class: 'mono' },
    part.headers.map((header) => row(header)),
    (part.decoded ?? []).map((header) => row(header, undone())),
  )
}

export function bodyText(value) {
  return value.length ? element('pre', {}, printable(pretty(bytesText(value)))) : null
}

/** The body as received, with the borders between chunks; some of the chunks at a time. */
export function bytesView(capture, source) {
  const shown = element('pre', {})
  let next = 0
  let before = capture.response?.t ?? 0
  const more = element('button', { onclick: () => add() })
  const add = async () => {
    more.disabled = true
    const rows = await source.chunks(next, next + CHUNKS_AT_ONCE)
    more.disabled = false
    for (const [t, size, data] of rows) {
      const words = `+${((t - before) * 1000).toFixed(0)} ms, ${thousands(size)} B`
      const text = data === undefined ? '\n' : printable(bytesText(data))
      shown.append(element('span', { class: 'border' }, words), text)
      next += 1
      before = t
    }
    more.textContent = `show more of ${thousands(capture.chunks.length)} chunks`
    more.hidden = next >= capture.chunks.length
  }
  add()
  return [shown, more]
}
