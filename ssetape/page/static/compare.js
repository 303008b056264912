// The events of two captures on one time axis.

import { duration } from './format.js'

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
  for (let t = 0; t <= wholeS; t += step) context.fillText(duration(t), (t / wholeS) * width, height - 15)
}

new ResizeObserver(paint).observe(canvas)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
