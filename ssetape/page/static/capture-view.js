// One capture, complete or growing: waterfall, events, what was said, heads, bytes, gaps.

import {
  bodyText, bytesView, callsTable, eventDetail, figures, folded, headTable, milestones, printedEvents, refill, section, summary, waterfallWords,
} from './capture-parts.js'
import { eventRows } from './event-list.js'
import { element, printable, thousands } from './format.js'
import { Gaps } from './gaps.js'
import { Player } from './player.js'
import { Waterfall, lowerBound } from './waterfall.js'

// Stands for the measurement until there is one.
const UNMEASURED = {
  end: null, protocol: null, milestones: [], quantiles: [], stalls: [], figures: [], reasoning: '', calls: [], problems: [],
}

export class CaptureView {
  /**
   * @param capture its request and response head.
   * @param source loads the rest on demand: `data(number)` of an event, `chunks(from, to)`.
   */
  constructor(capture, source) {
    this.source = source
    this.capture = { ...UNMEASURED, ...capture, events: [], chunks: [], said: new Map() }
    this.isTouched = false
    this.gaps = new Gaps()
    this.canvas = element('canvas', { tabindex: 0, role: 'img' })
    this.waterfall = new Waterfall(this.canvas, this.capture, (t) => {
      this.isTouched = true
      this.player.moveTo(t)
      this.choose(t)
    })
    this.rows = eventRows(this.capture, (number) => {
      this.isTouched = true
      this.show(number)
      this.player.moveTo(this.waterfall.times[number])
    })
    this.player = new Player((t, isPlaying) => {
      this.waterfall.moveTo(t)
      if (isPlaying) this.rows.choose(this.numberAt(t))
    })
    this.detail = element('div', { class: 'detail', tabindex: 0, 'aria-label': 'event', role: 'region' })
    this.summary = element('div')
    this.eventsTitle = element('h2')
    this.saidTitle = element('h2')
    this.said = element('section', { 'aria-label': 'what was said' }, this.saidTitle, this.player.controls, this.player.said)
    this.said.hidden = true
    this.milestones = element('table')
    this.parts = [
      ['reasoning', folded('Reasoning', () => element('pre', {}, printable(this.capture.reasoning)))],
      ['calls', folded('Tool calls', () => callsTable(this.capture))],
      ['figures', folded('What other tools would report', () => figures(this.capture))],
    ]
    this.printed = element('table', { class: 'printed mono' })
    addEventListener('beforeprint', () => this.printed.replaceChildren(...printedEvents(this.capture)))
    this.element = this.build()
    this.measured({})
  }

  build() {
    const { capture, waterfall } = this
    const zoom = (factor) => waterfall.zoom(factor, (waterfall.fromS + waterfall.toS) / 2)
    return element(
      'main',
      {},
      element('h1', {}, printable(`${capture.request.method} ${capture.request.url}`)),
      this.summary,
      section(
        'Waterfall',
        element(
          'div',
          { class: 'bar controls' },
          element('button', { onclick: () => zoom(0.5) }, 'Zoom in'),
          element('button', { onclick: () => zoom(2) }, 'Zoom out'),
          element('button', { onclick: () => waterfall.show(0, waterfall.wholeS) }, 'All'),
          element('span', { class: 'quiet' }, 'drag to zoom, click to go to a time, double-click to show all'),
        ),
        element('div', { class: 'waterfall' }, this.canvas),
      ),
      element(
        'div',
        { class: 'columns' },
        element('section', { 'aria-label': 'events' }, this.eventsTitle, this.rows.element, this.printed),
        section('Event', this.detail),
      ),
      this.said,
      element('div', { class: 'columns' }, section('Milestones', this.milestones), section('Gaps', this.gaps.element)),
      this.parts.map(([, part]) => part),
      folded('Request', () => [headTable(capture.request), bodyText(capture.request.body)]),
      folded('Response head', () => capture.response ? headTable(capture.response) : 'No response head.'),
      folded('Bytes', () => bytesView(capture, this.source)),
    )
  }

  /** Add what has arrived since. */
  add({ events = [], typed = [], chunks = [], said = [] }) {
    const { capture } = this
    for (const event of events) capture.events.push(event)
    for (const chunk of chunks) capture.chunks.push(chunk)
    for (const [number, phrases] of said) capture.said.set(number, phrases)
    this.gaps.grow(events)
    this.waterfall.grow()
    this.player.grow(typed, this.waterfall.endS)
    if (typed.length) this.said.hidden = false
    this.rows.resize(capture.events.length)
    this.eventsTitle.textContent = `Events, ${thousands(capture.events.length)}`
    if (!this.isTouched && capture.events.length && this.rows.chosen < 0) this.show(0)
  }

  /** Show the measurement so far. */
  measured(values) {
    const { capture } = this
    Object.assign(capture, values)
    this.waterfall.grow()
    this.player.grow([], this.waterfall.endS)
    this.canvas.setAttribute('aria-label', waterfallWords(capture))
    const words = element('div', {}, summary(capture))
    // Screen readers speak what is replaced, so replace it only if it differs.
    if (words.textContent !== this.summary.textContent) this.summary.replaceChildren(...words.childNodes)
    this.milestones.replaceChildren(...milestones(capture))
    this.saidTitle.textContent = capture.protocol ? 'What was said' : 'Data'
    this.rows.draw()
    if (!capture.events.length) {
      this.eventsTitle.textContent = 'Events'
      this.detail.replaceChildren(element('p', { class: 'quiet' }, capture.end ? 'No events.' : 'No events yet.'))
    }
    for (const [name, part] of this.parts) {
      part.hidden = !capture[name].length
      if (name in values) refill(part)
    }
  }

  show(number) {
    this.detail.replaceChildren(...eventDetail(this.capture, number, this.source))
  }

  choose(t) {
    if (!this.capture.events.length) return
    const number = Math.max(0, this.numberAt(t))
    this.rows.choose(number)
    this.show(number)
  }

  numberAt(t) {
    return lowerBound(this.waterfall.times, t + 1e-9) - 1
  }
}
