// Types the answer as it came: play, pause, step, speed, scrub.

import { element, printable } from './format.js'
import { lowerBound } from './waterfall.js'

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8]

export class Player {
  /**
   * @param capture as the page gets it.
   * @param endS how long the capture is.
   * @param onMove called with the moment that it is at, and whether it plays.
   */
  constructor(capture, endS, onMove) {
    this.typed = capture.typed
    this.times = this.typed.map(([t]) => t)
    this.endS = endS
    this.onMove = onMove
    this.atS = endS
    this.speed = 1
    this.isPlaying = false
    this.shownPieces = 0
    this.text = element('pre', { 'aria-live': 'off', tabindex: 0 })
    this.playButton = element('button', { onclick: () => this.toggle() }, 'Play')
    this.range = element('input', {
      type: 'range', min: 0, max: endS, step: 'any', value: endS, 'aria-label': 'moment',
      oninput: () => this.moveTo(Number(this.range.value)),
    })
    this.clock = element('span', { class: 'mono' })
    const speeds = element(
      'select',
      { 'aria-label': 'speed', onchange: (event) => { this.speed = Number(event.target.value) } },
      SPEEDS.map((speed) => element('option', { value: speed, selected: speed === 1 }, `${speed}×`)),
    )
    this.controls = element(
      'div',
      { class: 'bar player' },
      this.playButton,
      element('button', { onclick: () => this.step(-1), 'aria-label': 'one piece back' }, '‹'),
      element('button', { onclick: () => this.step(1), 'aria-label': 'next piece' }, '›'),
      speeds,
      this.range,
      this.clock,
    )
    this.moveTo(endS)
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
    const next = direction > 0 ? this.times[shown] ?? this.endS : this.times[shown - 2] ?? 0
    this.moveTo(next)
  }

  /** How many pieces have come by a moment. */
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

  /** Show so many pieces; going on adds to what is there, as an answer of a megabyte is not made anew. */
  show(count) {
    if (count < this.shownPieces) {
      this.text.replaceChildren()
      this.shownPieces = 0
    }
    let added = ''
    for (let index = this.shownPieces; index < count; index += 1) {
      const [, text, replaces] = this.typed[index]
      if (replaces) {
        added = ''
        this.text.replaceChildren()
      }
      added += text
    }
    if (added) this.text.append(printable(added))
    this.shownPieces = count
  }
}
