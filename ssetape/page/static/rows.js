// A list of many rows; the page has only those in view.

import { element } from './format.js'

export const ROW_PX = 24
const SPARE_ROWS = 12

export class Rows {
  /**
   * @param label names the list.
   * @param cellsOf returns the cells (text or elements) and more classes for a row's number.
   * @param onChoose called with the number of the row that the user chose.
   * @param onOpen called with the number of the row that the user opens.
   */
  constructor(label, { cellsOf, onChoose = () => {}, onOpen = () => {}, rowPx = ROW_PX }) {
    this.cellsOf = cellsOf
    this.onChoose = onChoose
    this.onOpen = onOpen
    this.rowPx = rowPx
    this.count = 0
    this.chosen = -1
    this.label = label
    this.isHeld = false
    // While a row is pressed, no other row may take its place: the click must hit it.
    this.inner = element('div', { role: 'rowgroup', onpointerdown: () => { this.isHeld = true } })
    for (const name of ['pointerup', 'pointercancel']) addEventListener(name, () => this.release())
    this.element = element(
      'div',
      {
        class: 'list',
        role: 'grid',
        tabindex: 0,
        'aria-label': label,
        'aria-rowcount': 0,
        onscroll: () => this.draw(true),
        onkeydown: (event) => this.press(event),
        onclick: (event) => this.click(event),
      },
      this.inner,
    )
    new ResizeObserver(() => this.draw()).observe(this.element)
  }

  /** Set the number of rows, and draw again: the rows in view may have changed too. */
  resize(count) {
    this.count = count
    this.inner.style.height = `${count * this.rowPx}px`
    this.element.setAttribute('aria-rowcount', count)
    this.chosen = Math.min(this.chosen, count - 1)
    this.draw()
  }

  press(event) {
    const page = Math.floor(this.element.clientHeight / this.rowPx)
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }
    if (event.key === 'Enter' && this.chosen >= 0) this.onOpen(this.chosen)
    if (!(event.key in steps)) return
    event.preventDefault()
    this.choose(Math.min(Math.max(0, this.chosen + steps[event.key]), this.count - 1), true)
  }

  click(event) {
    const row = event.target.closest('.row')
    if (!row) return
    this.choose(Number(row.dataset.number), true)
    this.onOpen(Number(row.dataset.number))
  }

  choose(number, isAsked = false) {
    if (number < 0 || number >= this.count) return
    this.chosen = number
    const top = number * this.rowPx
    const { scrollTop, clientHeight } = this.element
    if (top < scrollTop) this.element.scrollTop = top
    else if (top + this.rowPx > scrollTop + clientHeight) this.element.scrollTop = top + this.rowPx - clientHeight
    this.draw()
    if (isAsked) this.onChoose(number)
  }

  release() {
    if (!this.isHeld) return
    this.isHeld = false
    this.draw()
  }

  draw(isScrolled = false) {
    if (this.drawing || this.isHeld && !isScrolled) return
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0
      const { scrollTop, clientHeight } = this.element
      const first = Math.max(0, Math.floor(scrollTop / this.rowPx) - SPARE_ROWS)
      const last = Math.min(this.count, Math.ceil((scrollTop + clientHeight) / this.rowPx) + SPARE_ROWS)
      const rows = []
      for (let number = first; number < last; number += 1) rows.push(this.row(number))
      const hadFocus = this.inner.contains(document.activeElement)
      this.inner.replaceChildren(...rows)
      if (hadFocus) this.element.focus({ preventScroll: true })
      // The grid has the focus: this tells screen readers which row is chosen.
      if (first <= this.chosen && this.chosen < last) this.element.setAttribute('aria-activedescendant', this.idOf(this.chosen))
      else this.element.removeAttribute('aria-activedescendant')
    })
  }

  idOf(number) {
    return `${this.label}-${number}`
  }

  row(number) {
    const { cells, classes = [] } = this.cellsOf(number)
    const isChosen = number === this.chosen
    const row = element(
      'div',
      {
        class: ['row', isChosen && 'chosen', number % 2 && 'odd', ...classes].filter(Boolean).join(' '),
        role: 'row',
        id: this.idOf(number),
        'aria-rowindex': number + 1,
        'aria-selected': String(isChosen),
        'data-number': number,
      },
      cells.map((cell) => element('span', { role: 'gridcell' }, cell)),
    )
    row.style.top = `${number * this.rowPx}px`
    return row
  }
}
