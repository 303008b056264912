// The events as rows, of which only those in sight are in the page.

import { element, oneLine } from './format.js'

const ROW_PX = 24
const SPARE_ROWS = 12
// Of a row's data no screen shows more.
const ROW_CHARACTERS = 400

export class EventList {
  /**
   * @param capture as the page gets it.
   * @param onChoose called with the number of an event that a person chose.
   */
  constructor(capture, onChoose) {
    this.events = capture.events
    this.onChoose = onChoose
    this.stalls = new Set(capture.stalls.map(([, , number]) => number))
    this.chosen = -1
    this.rows = element('div', { role: 'rowgroup' })
    this.rows.style.height = `${this.events.length * ROW_PX}px`
    this.element = element(
      'div',
      {
        class: 'list',
        role: 'grid',
        tabindex: 0,
        'aria-label': 'events',
        'aria-rowcount': this.events.length,
        onscroll: () => this.draw(),
        onkeydown: (event) => this.press(event),
        onclick: (event) => {
          const row = event.target.closest('.row')
          if (row) this.choose(Number(row.dataset.number), true)
        },
      },
      this.rows,
    )
    new ResizeObserver(() => this.draw()).observe(this.element)
  }

  press(event) {
    const page = Math.floor(this.element.clientHeight / ROW_PX)
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }
    if (!(event.key in steps)) return
    event.preventDefault()
    this.choose(Math.min(Math.max(0, this.chosen + steps[event.key]), this.events.length - 1), true)
  }

  choose(number, isAsked = false) {
    if (number < 0 || number >= this.events.length) return
    this.chosen = number
    const top = number * ROW_PX
    const { scrollTop, clientHeight } = this.element
    if (top < scrollTop) this.element.scrollTop = top
    else if (top + ROW_PX > scrollTop + clientHeight) this.element.scrollTop = top + ROW_PX - clientHeight
    this.draw()
    if (isAsked) this.onChoose(number)
  }

  draw() {
    if (this.drawing) return
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0
      const { scrollTop, clientHeight } = this.element
      const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - SPARE_ROWS)
      const last = Math.min(this.events.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE_ROWS)
      const rows = []
      for (let number = first; number < last; number += 1) rows.push(this.row(number))
      this.rows.replaceChildren(...rows)
    })
  }

  row(number) {
    const [t, , type, id, data, isOut] = this.events[number]
    const gap = number ? t - this.events[number - 1][0] : null
    const classes = ['row', number === this.chosen && 'chosen', this.stalls.has(number) && 'stall']
    const cells = [
      t.toFixed(3),
      gap === null ? '' : `+${gap.toFixed(3)}`,
      (isOut ? '→ ' : '') + oneLine(type),
      oneLine(id),
      oneLine(data.slice(0, ROW_CHARACTERS)),
    ]
    const row = element(
      'div',
      {
        class: classes.filter(Boolean).join(' '),
        role: 'row',
        'aria-rowindex': number + 1,
        'aria-selected': String(number === this.chosen),
        'data-number': number,
      },
      cells.map((text) => element('span', { role: 'gridcell' }, text)),
    )
    row.style.top = `${number * ROW_PX}px`
    return row
  }
}
