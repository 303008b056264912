// The exchange over time: bars for the waits, a tick per event, stalls, milestones, a playhead.

import { duration } from './format.js'

const MILESTONE_ROWS = 4
const LEAST_SPAN_S = 0.001

export class Waterfall {
  /**
   * @param canvas where to draw.
   * @param capture as the page gets it.
   * @param onTime called with the time that the user chose.
   */
  constructor(canvas, capture, onTime) {
    this.canvas = canvas
    this.capture = capture
    this.onTime = onTime
    this.times = []
    this.milestones = []
    this.wholeS = LEAST_SPAN_S
    this.fromS = 0
    this.toS = LEAST_SPAN_S
    this.playheadS = null
    this.brush = null
    this.listen()
    new ResizeObserver(() => this.draw()).observe(canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw())
  }

  /** Take in what has arrived since; if all of the time was in view, it stays so. */
  grow() {
    const { events, milestones, chunks } = this.capture
    for (let index = this.times.length; index < events.length; index += 1) pushTime(this.times, events[index][0])
    this.milestones = milestones.filter(([, t]) => t !== null)
    this.endS = Math.max(0, ...this.milestones.map(([, t]) => t), this.times.at(-1) ?? 0, chunks.at(-1)?.[0] ?? 0)
    const sawAll = this.fromS === 0 && this.toS === this.wholeS
    this.wholeS = Math.max(this.endS, LEAST_SPAN_S) * 1.02
    if (sawAll) this.toS = this.wholeS
    this.draw()
  }

  listen() {
    const canvas = this.canvas
    canvas.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.shiftKey) return
      event.preventDefault()
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.timeAt(event.offsetX))
    }, { passive: false })
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return
      canvas.setPointerCapture(event.pointerId)
      this.brush = { from: event.offsetX, to: event.offsetX }
    })
    canvas.addEventListener('pointermove', (event) => {
      if (!this.brush) return
      this.brush.to = event.offsetX
      this.draw()
    })
    canvas.addEventListener('pointerup', () => {
      if (!this.brush) return
      const { from, to } = this.brush
      this.brush = null
      if (Math.abs(to - from) < 5) this.onTime(this.timeAt(to))
      else this.show(this.timeAt(Math.min(from, to)), this.timeAt(Math.max(from, to)))
      this.draw()
    })
    // For example, when a touch turns out to scroll the page.
    canvas.addEventListener('pointercancel', () => {
      this.brush = null
      this.draw()
    })
    canvas.addEventListener('dblclick', () => this.show(0, this.wholeS))
    canvas.addEventListener('keydown', (event) => {
      // With these keys the browser zooms the page or goes back.
      if (event.ctrlKey || event.altKey || event.metaKey) return
      const span = this.toS - this.fromS
      const middle = (this.fromS + this.toS) / 2
      const steps = {
        ArrowLeft: () => this.show(this.fromS - span / 8, this.toS - span / 8),
        ArrowRight: () => this.show(this.fromS + span / 8, this.toS + span / 8),
        '+': () => this.zoom(0.8, middle),
        '-': () => this.zoom(1.25, middle),
        0: () => this.show(0, this.wholeS),
      }
      if (!steps[event.key]) return
      event.preventDefault()
      steps[event.key]()
    })
  }

  timeAt(x) {
    return this.fromS + (x / this.canvas.clientWidth) * (this.toS - this.fromS)
  }

  zoom(factor, aroundS) {
    this.show(aroundS - (aroundS - this.fromS) * factor, aroundS + (this.toS - aroundS) * factor)
  }

  show(fromS, toS) {
    const span = Math.min(Math.max(toS - fromS, LEAST_SPAN_S), this.wholeS)
    this.fromS = Math.min(Math.max(0, fromS), this.wholeS - span)
    this.toS = this.fromS + span
    this.draw()
  }

  moveTo(playheadS) {
    this.playheadS = playheadS
    this.draw()
  }

  draw() {
    if (this.drawing) return
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0
      this.paint()
    })
  }

  paint() {
    const { canvas, capture } = this
    const width = canvas.clientWidth
    const height = canvas.clientHeight
    const scale = devicePixelRatio
    canvas.width = width * scale
    canvas.height = height * scale
    const context = canvas.getContext('2d')
    context.scale(scale, scale)
    const style = getComputedStyle(canvas)
    const color = (name) => style.getPropertyValue(name)
    const x = (t) => ((t - this.fromS) / (this.toS - this.fromS)) * width
    const top = MILESTONE_ROWS * 14 + 6
    const bottom = height - 18

    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'top'
    this.paintAxis(context, x, width, top, bottom, color)

    const headS = capture.response?.t ?? capture.end?.t ?? 0
    const firstS = capture.chunks[0]?.[0] ?? this.times[0] ?? headS
    const middle = (top + bottom) / 2
    context.fillStyle = color('--line')
    context.fillRect(x(0), middle - 5, x(headS) - x(0), 10)
    context.fillStyle = color('--shade')
    context.fillRect(x(headS), middle - 3, x(firstS) - x(headS), 6)
    context.strokeStyle = color('--line')
    context.strokeRect(x(headS), middle - 3, x(firstS) - x(headS), 6)

    context.fillStyle = color('--alarm')
    context.globalAlpha = 0.15
    for (const [gap, t] of capture.stalls) context.fillRect(x(t - gap), top, x(t) - x(t - gap), bottom - top)
    context.globalAlpha = 1

    this.paintEvents(context, x, width, top, bottom, color)
    this.paintMilestones(context, x, width, top, bottom, color)

    if (this.playheadS !== null) {
      context.fillStyle = color('--alarm')
      context.fillRect(x(this.playheadS) - 1, 0, 2, height)
    }
    if (this.brush) {
      context.fillStyle = color('--accent')
      context.globalAlpha = 0.2
      context.fillRect(this.brush.from, 0, this.brush.to - this.brush.from, height)
      context.globalAlpha = 1
    }
  }

  /** A tick per event; the more events share a column of pixels, the stronger the tick. */
  paintEvents(context, x, width, top, bottom, color) {
    const columns = new Uint32Array(Math.ceil(width) + 1)
    let most = 1
    for (let index = lowerBound(this.times, this.fromS); index < this.times.length; index += 1) {
      const place = Math.round(x(this.times[index]))
      if (place > width) break
      if (place < 0) continue
      columns[place] += 1
      if (columns[place] > most) most = columns[place]
    }
    context.fillStyle = color('--accent')
    for (let place = 0; place < columns.length; place += 1) {
      if (!columns[place]) continue
      context.globalAlpha = 0.45 + 0.55 * (columns[place] / most)
      context.fillRect(place, top + 8, 1.5, bottom - top - 16)
    }
    context.globalAlpha = 1
  }

  paintMilestones(context, x, width, top, bottom, color) {
    const ends = Array(MILESTONE_ROWS).fill(-Infinity)
    for (const [name, t] of this.milestones) {
      const place = x(t)
      if (place < -1 || place > width + 1) continue
      const text = `${name} ${t.toFixed(3)}`
      const size = context.measureText(text).width
      const left = Math.min(Math.max(0, place + 3), width - size - 2)
      const row = ends.findIndex((end) => end < left - 6)
      context.fillStyle = color('--quiet')
      context.fillRect(place, row < 0 ? top : row * 14 + 4, 1, bottom - (row < 0 ? top : row * 14 + 4))
      if (row < 0) continue
      ends[row] = left + size
      context.fillStyle = color('--text')
      context.fillText(text, left, row * 14 + 3)
    }
  }

  paintAxis(context, x, width, top, bottom, color) {
    const span = this.toS - this.fromS
    const raw = span / Math.max(2, width / 110)
    const power = 10 ** Math.floor(Math.log10(raw))
    const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power
    context.fillStyle = color('--quiet')
    for (let t = Math.ceil(this.fromS / step) * step; t <= this.toS; t += step) {
      context.globalAlpha = 0.25
      context.fillRect(x(t), top, 1, bottom - top)
      context.globalAlpha = 1
      const text = duration(Math.max(0, t))
      if (x(t) + context.measureText(text).width + 3 < width) context.fillText(text, x(t) + 3, bottom + 3)
    }
  }
}

/** Add a time to rising ones. Time does not go back, even if a file says so. */
export function pushTime(times, t) {
  times.push(Math.max(t, times.at(-1) ?? 0))
}

/** The index of the first of some rising numbers that is not below `number`. */
export function lowerBound(numbers, number) {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle] < number) low = middle + 1
    else high = middle
  }
  return low
}
