// Types the answer as it arrived: play, pause, step, speed, scrub.

import { element, printable, thousands } from './format.js'
import { lowerBound, pushTime } from './waterfall.js'

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8]
// Of a longer answer the end is shown, and all of it on demand: every move lays the text out again.
const SAID_CHARACTERS = 20_000

export class Player {
  /** @param onMove called with the playback position in seconds, and whether it plays. */
  constructor(onMove) {
    this.times = []
    this.whole = ''
    // With n pieces shown, the text is whole.slice(starts[n], ends[n]).
    this.starts = [0]
    this.ends = [0]
    this.endS = 0
    this.onMove = onMove
    this.atS = 0
    this.speed = 1
    this.isPlaying = false
    this.limit = SAID_CHARACTERS
    this.text = element('pre', { 'aria-live': 'off', tabindex: 0 })
    this.allButton = element('button', {
      onclick: () => { this.limit = Infinity; this.moveTo(this.atS) },
    })
    this.said = element('div', { class: 'said' }, this.allButton, this.text)
    this.playButton = element('button', { onclick: () => this.toggle() }, 'Play')
    this.range = element('input', {
      type: 'range', min: 0, max: 0, step: 'any', value: 0, 'aria-label': 'time',
      oninput: () => this.moveTo(Number(this.range.value)),
    })
    this.clock = element('span', { class: 'clock mono' })
    const speeds = element(
      'select',
      { 'aria-label': 'speed', onchange: (event) => { this.speed = Number(event.target.value) } },
      SPEEDS.map((speed) => element('option', { value: speed, selected: speed === 1 }, `${speed}×`)),
    )
    this.controls = element(
      'div',
      { class: 'bar player' },
      this.playButton,
      element('button', { onclick: () => this.step(-1), 'aria-label': 'previous piece' }, '‹'),
      element('button', { onclick: () => this.step(1), 'aria-label': 'next piece' }, '›'),
      speeds,
      this.range,
      this.clock,
    )
  }

  /** Add what has arrived since; a position at the end stays at the end. */
  grow(pieces, endS) {
    for (const [t, text, replaces] of pieces) {
      pushTime(this.times, t)
      this.whole += text
      this.starts.push(replaces ? this.ends.at(-1) : this.starts.at(-1))
      this.ends.push(this.whole.length)
    }
    const isAtEnd = this.atS >= this.endS && !this.isPlaying
    this.endS = Math.max(endS, this.times.at(-1) ?? 0)
    this.range.max = this.endS
    this.moveTo(isAtEnd ? this.endS : this.atS)
    if (isAtEnd) this.said.scrollTop = this.said.scrollHeight
  }

  toggle() {
    this.isPlaying = !this.isPlaying
    this.playButton.textContent = this.isPlaying ? 'Pause' : 'Play'
    if (!this.isPlaying) return
    if (this.atS >= this.endS) this.moveTo(0)
    let thenMs = performance.now()
    const tick = (nowMs) => {
      if (!this.isPlaying) return
      this.moveTo(this.atS + ((nowMs - thenMs) / 1000) * this.speed)
      thenMs = nowMs
      if (this.atS >= this.endS) this.toggle()
      else requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  }

  step(direction) {
    const shown = this.count(this.atS)
    if (direction > 0) this.moveTo(this.times[shown] ?? this.endS)
    // Pieces that arrived at the same time are one step.
    else this.moveTo(this.times[lowerBound(this.times, this.times[shown - 1] ?? 0) - 1] ?? 0)
  }

  /** How many pieces have arrived by a time. */
  count(atS) {
    return lowerBound(this.times, atS + 1e-9)
  }

  moveTo(atS) {
    this.atS = Math.min(Math.max(0, atS), this.endS)
    this.range.value = this.atS
    this.clock.textContent = `${this.atS.toFixed(3)} s`
    this.show(this.count(this.atS))
    this.onMove(this.atS, this.isPlaying)
  }

  /** Show the first `count` pieces. */
  show(count) {
    const start = Math.max(this.starts[count], this.ends[count] - this.limit)
    const hidden = start - this.starts[count]
    this.allButton.hidden = !hidden
    this.allButton.textContent = hidden ? `show the ${thousands(hidden)} characters before` : ''
    const text = printable(this.whole.slice(start, this.ends[count]))
    // Replacing the text would undo the user's selection.
    if (this.text.textContent !== text) this.text.textContent = text
    if (this.isPlaying) this.said.scrollTop = this.said.scrollHeight
  }
}
