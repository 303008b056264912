// One capture: its waterfall, its events, what was said, heads, bytes, gaps.

import { bytesText, duration, element, pretty, printable, thousands } from './format.js'
import { EventList } from './event-list.js'
import { Player } from './player.js'
import { Waterfall, lowerBound } from './waterfall.js'

// 1 ms, 2 ms, 5 ms, ... 5,000 s
const BOUNDS = [-3, -2, -1, 0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power))
// Of an event of megabytes the page shows the beginning, and all of it when asked.
const SHOWN_CHARACTERS = 200_000
const CHUNKS_AT_ONCE = 1000

/** The elements that show a capture. */
export function captureView(capture) {
  const times = capture.events.map(([t]) => t)
  const canvas = element('canvas', {
    tabindex: 0,
    role: 'img',
    'aria-label': waterfallWords(capture),
  })
  const detail = element('div', { class: 'detail', tabindex: 0, 'aria-label': 'event', role: 'region' })
  const list = new EventList(capture, (number) => {
    show(number)
    player.moveTo(times[number])
  })
  const show = (number) => detail.replaceChildren(...eventDetail(capture, number))
  const waterfall = new Waterfall(canvas, capture, (t) => {
    player.moveTo(t)
    choose(t)
  })
  const choose = (t) => {
    const number = Math.max(0, lowerBound(times, t + 1e-9) - 1)
    list.choose(number)
    if (times.length) show(number)
  }
  const player = new Player(capture, waterfall.wholeS / 1.02, (t, isPlaying) => {
    waterfall.moveTo(t)
    if (isPlaying) list.choose(lowerBound(times, t + 1e-9) - 1)
  })
  const zoom = (factor) => waterfall.zoom(factor, (waterfall.fromS + waterfall.toS) / 2)

  if (times.length) show(0)
  else detail.append(element('p', { class: 'quiet' }, 'There are no events in it.'))
  return element(
    'main',
    {},
    element('h1', {}, printable(`${capture.request.method} ${capture.request.url}`)),
    summary(capture),
    section(
      'Waterfall',
      element(
        'div',
        { class: 'bar controls' },
        element('button', { onclick: () => zoom(0.5) }, 'Zoom in'),
        element('button', { onclick: () => zoom(2) }, 'Zoom out'),
        element('button', { onclick: () => waterfall.show(0, waterfall.wholeS) }, 'All'),
        element('span', { class: 'quiet' }, 'drag to zoom, click to go there, double-click for all'),
      ),
      element('div', { class: 'waterfall' }, canvas),
    ),
    element(
      'div',
      { class: 'columns' },
      section(`Events, ${thousands(capture.events.length)}`, list.element),
      section('Event', detail),
    ),
    capture.typed.length
      ? section(capture.protocol ? 'What was said' : 'Data', player.controls, player.said)
      : null,
    capture.reasoning ? folded('Reasoning', () => element('pre', {}, printable(capture.reasoning))) : null,
    capture.calls.length ? folded('Tool calls', () => callsTable(capture)) : null,
    element('div', { class: 'columns' }, section('Milestones', milestones(capture)), section('Gaps', gaps(times))),
    capture.figures.length ? folded('What other tools would report', () => figures(capture)) : null,
    folded('Request', () => [head(capture.request), body(capture.request.body)]),
    capture.response ? folded('Response head', () => head(capture.response)) : null,
    capture.chunks.length ? folded('Bytes', () => bytes(capture)) : null,
  )
}

function section(title, ...children) {
  return element('section', { 'aria-label': title }, element('h2', {}, title), children)
}

/** A section that is made when somebody opens it: what nobody looks at costs nothing. */
function folded(title, make) {
  const details = element('details', {}, element('summary', {}, title))
  details.addEventListener('toggle', () => details.append(...[make()].flat().filter(Boolean)), { once: true })
  return element('section', {}, details)
}

function waterfallWords(capture) {
  const reached = capture.milestones.filter(([, t]) => t !== null)
  return `waterfall: ${reached.map(([name, t]) => `${name} at ${duration(t)}`).join(', ')}`
}

function summary(capture) {
  const { response, end, tokens } = capture
  const words = [
    ['started', capture.started.slice(0, 19).replace('T', ' ') || 'unknown'],
    ['status', response ? `${response.status} ${response.reason}` : 'none'],
    ['protocol', capture.protocol ?? 'unknown'],
    ['model', capture.model],
    ['stop', capture.stop],
    ['events/s', capture.eventsPerS?.toFixed(1)],
    ['tokens', tokens && `${thousands(tokens.count)}${tokens.reported ? '' : ' (estimated)'}`],
    ['tokens/s', capture.tokensPerS?.toFixed(1)],
    ['end', end ? end.reason : 'interrupted'],
    ['file', capture.name],
  ].filter(([, value]) => value !== null && value !== undefined && value !== '')
  return element(
    'div',
    {},
    element(
      'ul',
      { class: 'facts' },
      words.map(([name, value]) => element('li', {}, element('span', { class: 'quiet' }, `${name} `), element('b', {}, printable(String(value))))),
    ),
    [capture.error && `error in the stream: ${capture.error}`, ...capture.problems]
      .filter(Boolean)
      .map((text) => element('p', { class: 'alarm', role: 'alert' }, printable(text))),
  )
}

function eventDetail(capture, number) {
  const [t, first, type, id, data] = capture.events[number]
  const text = printable(pretty(data))
  const shown = element('pre', {}, text.slice(0, SHOWN_CHARACTERS))
  const more = text.length > SHOWN_CHARACTERS
    ? element('button', { onclick: (event) => { shown.textContent = text; event.target.remove() } }, `all ${thousands(text.length)} characters`)
    : null
  const since = first === null || first === t ? '' : `, first byte at ${first.toFixed(6)} s`
  const words = [`#${number}`, type && printable(type), id && `id ${printable(id)}`, `${t.toFixed(6)} s${since}`]
  return [element('p', { class: 'quiet mono' }, words.filter(Boolean).join('  ')), shown, more].filter(Boolean)
}

function milestones(capture) {
  const rows = capture.milestones.filter(([, t]) => t !== null)
  return element(
    'table',
    {},
    rows.map(([name, t]) => element('tr', {}, element('th', { scope: 'row' }, name), element('td', { class: 'number' }, `${t.toFixed(3)} s`))),
    capture.quantiles
      .filter(([, gap]) => gap !== null)
      .map(([name, gap]) => element('tr', {}, element('th', { scope: 'row' }, `gap ${name}`), element('td', { class: 'number' }, duration(gap)))),
  )
}

function gaps(times) {
  const counts = Array(BOUNDS.length + 1).fill(0)
  for (let index = 1; index < times.length; index += 1) {
    const gap = Math.max(0, times[index] - times[index - 1])
    const above = BOUNDS.findIndex((bound) => gap < bound)
    counts[above < 0 ? BOUNDS.length : above] += 1
  }
  const most = Math.max(1, ...counts)
  const rows = counts
    .map((count, index) => [index ? `${duration(BOUNDS[index - 1])} +` : `< ${duration(BOUNDS[0])}`, count])
  while (rows.length && !rows.at(-1)[1]) rows.pop()
  while (rows.length && !rows[0][1]) rows.shift()
  return element(
    'div',
    { class: 'histogram' },
    rows.flatMap(([label, count]) => {
      const drawn = element('i', { class: count ? 'some' : false })
      drawn.style.width = `${(count / most) * 100}%`
      return [element('span', {}, label), element('span', {}, thousands(count)), drawn]
    }),
  )
}

function callsTable(capture) {
  return capture.calls.map((call) =>
    element('div', {}, element('p', { class: 'mono' }, printable(`${call.name} ${call.id}`)), element('pre', {}, printable(pretty(call.arguments)))),
  )
}

function figures(capture) {
  return element(
    'table',
    {},
    element('tr', {}, ['tool', 'calls it', 'value', 'which is'].map((name) => element('th', { scope: 'col' }, name))),
    capture.figures.map(([tool, name, value, words]) =>
      element('tr', {}, [tool, name].map((text) => element('td', {}, text)), element('td', { class: 'number' }, duration(value)), element('td', {}, words)),
    ),
  )
}

function head(part) {
  return element(
    'table',
    { class: 'mono' },
    part.headers.map(([name, value]) => element('tr', {}, element('th', { scope: 'row' }, printable(name)), element('td', {}, printable(value)))),
  )
}

function body(value) {
  return value.length ? element('pre', {}, printable(pretty(bytesText(value)))) : null
}

/** The body as it came, with the borders between chunks; of many chunks so many at a time. */
function bytes(capture) {
  const shown = element('pre', {})
  let next = 0
  const more = element('button', { onclick: () => add() })
  const add = () => {
    const last = Math.min(next + CHUNKS_AT_ONCE, capture.chunks.length)
    for (; next < last; next += 1) {
      const [t, size, data] = capture.chunks[next]
      const before = next ? capture.chunks[next - 1][0] : capture.response?.t ?? 0
      const words = `+${((t - before) * 1000).toFixed(0)} ms, ${thousands(size)} B`
      const text = data === undefined ? '\n' : printable(bytesText(data))
      shown.append(element('span', { class: 'border' }, words), text)
    }
    more.textContent = `more of ${thousands(capture.chunks.length)} chunks`
    more.hidden = next === capture.chunks.length
  }
  add()
  return [shown, more]
}
