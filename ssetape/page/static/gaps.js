// A histogram of the gaps between events.

import { duration, element, thousands } from './format.js'

// 1 ms, 2 ms, 5 ms, ... 5,000 s
const BOUNDS = [-3, -2, -1, 0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power))

export class Gaps {
  constructor() {
    this.counts = Array(BOUNDS.length + 1).fill(0)
    this.beforeS = null
    this.element = element('div', { class: 'histogram' })
  }

  /** Count the gaps of further events. */
  grow(events) {
    for (const [t] of events) {
      if (this.beforeS !== null) {
        const above = BOUNDS.findIndex((bound) => t - this.beforeS < bound)
        this.counts[above < 0 ? BOUNDS.length : above] += 1
      }
      this.beforeS = t
    }
    this.draw()
  }

  draw() {
    const most = Math.max(1, ...this.counts)
    const rows = this.counts.map((count, index) => [
      index ? `${duration(BOUNDS[index - 1])} +` : `< ${duration(BOUNDS[0])}`,
      count,
    ])
    while (rows.length && !rows.at(-1)[1]) rows.pop()
    while (rows.length && !rows[0][1]) rows.shift()
    this.element.replaceChildren(
      ...rows.flatMap(([label, count]) => {
        const drawn = element('i', { class: count ? 'some' : false })
        drawn.style.width = `${(count / most) * 100}%`
        return [element('span', {}, label), element('span', {}, thousands(count)), drawn]
      }),
    )
  }
}
