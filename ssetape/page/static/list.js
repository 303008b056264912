// The list of captures, live, with search and filters.

import { copyLine } from './copying.js'
import { duration, element, oneLine, thousands } from './format.js'
import { listen } from './listening.js'
import { Rows } from './rows.js'

const ROW_PX = 28
// On a narrow screen a row has two lines: what was asked for, and what came.
const NARROW = matchMedia('(max-width: 40rem)')
const rowPx = () => NARROW.matches ? 2 * ROW_PX : ROW_PX

const all = new Map()
// The same, newest first.
let ordered = []
const marked = new Set()
let shown = []
const form = document.querySelector('.filters')
const compare = form.querySelector('.compare')
const rows = new Rows('captures', {
  rowPx: rowPx(),
  cellsOf: (number) => cells(shown[number]),
  onOpen: (number) => { location.href = `/captures/${shown[number].key}` },
})
document.querySelector('.rows').replaceWith(rows.element)

const headings = document.querySelector('.headings')
const empty = document.querySelector('.empty')
empty.querySelector('.commands').append(
  ...JSON.parse(document.getElementById('commands').textContent).map(([name, text]) => copyLine(name, text)),
)

const isCut = (row) => Boolean(row.end) && row.end !== 'complete'

const bdi = (text, name = null) => element('bdi', { class: name }, text)

/** What was answered; else what went wrong; else what was asked. */
function told(row) {
  if (row.text || row.problem) return bdi(oneLine(row.text || row.problem))
  if (row.error) return bdi(oneLine(row.error), 'alarm')
  return row.asked ? [bdi('asked: ', 'quiet'), bdi(oneLine(row.asked), 'quiet')] : ''
}

function cells(row) {
  const classes = ['capture', row.goesOn && 'goes-on', isCut(row) && 'cut', (row.problem || row.status >= 400) && 'bad']
  const mark = element('input', {
    type: 'checkbox', 'aria-label': `compare ${row.name}`, tabindex: -1,
    onclick: (event) => {
      event.stopPropagation()
      toggle(row.key)
    },
  })
  mark.checked = marked.has(row.key)
  if (row.problem && !row.url) return { classes, cells: [mark, '', '', oneLine(row.name), '', '', '', '', '', '', '', bdi(oneLine(row.problem))] }
  return {
    classes,
    cells: [
      mark,
      oneLine(row.started.slice(0, 19).replace('T', ' ')),
      oneLine(row.method),
      oneLine(row.host + row.path || row.name),
      String(row.status ?? '-'),
      row.protocol ?? '',
      oneLine(row.model ?? ''),
      row.firstTextS === undefined ? '' : duration(row.firstTextS),
      row.goesOn ? 'recording' : isCut(row) ? oneLine(row.end) : duration(row.durationS ?? row.lastS),
      row.events === undefined ? '' : thousands(row.events),
      row.picture ??= picture(row.rhythm),
      told(row),
    ],
  }
}

let accent = ''
function readColors() {
  accent = getComputedStyle(document.body).getPropertyValue('--accent')
  for (const row of all.values()) row.picture = undefined
}

/** The longest gap in each part of the stream, as bars: silences stand out. */
function picture(rhythm) {
  if (!rhythm?.length) return ''
  const canvas = element('canvas', { width: 200, height: 36, 'aria-hidden': 'true' })
  const context = canvas.getContext('2d')
  context.fillStyle = accent
  const most = Math.max(1e-6, ...rhythm.filter((gap) => gap !== null))
  rhythm.forEach((gap, place) => {
    if (gap === null) return
    const height = Math.max(2, (gap / most) * 34)
    context.fillRect((place / rhythm.length) * 200, 36 - height, Math.max(1.5, 200 / rhythm.length - 1), height)
  })
  return canvas
}

function toggle(key) {
  if (!marked.delete(key)) marked.add(key)
  showMarked()
  rows.draw()
}

/** The marked rows that still exist. */
const markedRows = () => [...marked].filter((key) => all.has(key)).map((key) => all.get(key))

function showMarked() {
  const count = markedRows().length
  compare.disabled = count !== 2
  compare.textContent = count === 2 ? 'Compare' : `Compare (mark two, ${count} marked)`
}

const wordsOf = (row) =>
  [row.url, row.name, row.method, row.status, row.protocol, row.model, row.text, row.asked, row.error, row.problem].join(' ').toLowerCase()

/** Compute once what the list needs of a row. */
function take(row) {
  row.words = wordsOf(row)
  row.startedS = Date.parse(row.started) || 0
  row.picture = undefined
}

function filter() {
  const { text, host, protocol, end } = form.elements
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean)
  const chosen = rows.chosen >= 0 ? shown[rows.chosen]?.key : null
  shown = ordered.filter((row) =>
    (!host.value || row.host === host.value) &&
    (!protocol.value || (row.protocol ?? 'unknown') === protocol.value) &&
    (!end.value || (row.end ?? 'recording') === end.value) &&
    words.every((word) => row.words.includes(word)))
  rows.chosen = shown.findIndex((row) => row.key === chosen)
  rows.resize(shown.length)
  const count = `${thousands(shown.length)} of ${thousands(all.size)}`
  form.querySelector('.count').textContent = all.size ? count : 'No captures yet.'
  empty.hidden = all.size > 0
  rows.element.hidden = headings.hidden = form.hidden = !all.size
}

function fillChoices() {
  const values = [...all.values()]
  fill('host', values.map((row) => row.host))
  fill('protocol', values.map((row) => row.protocol ?? 'unknown'))
  fill('end', values.map((row) => row.end ?? 'recording'))
}

function fill(name, values) {
  const select = form.elements[name]
  const wanted = [...new Set(values.filter(Boolean))].sort()
  const there = [...select.options].slice(1).map((option) => option.value)
  if (wanted.join('\n') === there.join('\n')) return
  const chosen = select.value
  select.replaceChildren(select.options[0], ...wanted.map((value) => element('option', { value }, oneLine(value))))
  select.value = wanted.includes(chosen) ? chosen : ''
}

let due = 0
let isOrderDue = false
/** Update soon: at first, rows arrive in hundreds, and thousands must not be sorted for each. */
function update() {
  due ||= setTimeout(() => {
    due = 0
    if (isOrderDue) ordered = [...all.values()].sort((one, other) => other.startedS - one.startedS)
    const isFiltered = [...form.elements].some((each) => each.value)
    fillChoices()
    if (isOrderDue || isFiltered) filter()
    else rows.draw()
    isOrderDue = false
    showMarked()
  }, Math.min(500, 20 + all.size / 20))
}

form.addEventListener('input', filter)
form.addEventListener('submit', (event) => event.preventDefault())
compare.addEventListener('click', () => {
  const [a, b] = markedRows().sort((one, other) => one.startedS - other.startedS)
  location.href = `/compare?a=${a.key}&b=${b.key}`
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.altKey || event.metaKey || event.target.matches('input')) return
  event.preventDefault()
  form.elements.text.focus()
})
rows.element.addEventListener('keydown', (event) => {
  if (event.key === ' ' && rows.chosen >= 0) {
    event.preventDefault()
    toggle(shown[rows.chosen].key)
  }
})

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  readColors()
  rows.draw()
})
readColors()
NARROW.addEventListener('change', () => {
  rows.rowPx = rowPx()
  rows.resize(shown.length)
})

listen('/rows', {
  reset: () => {
    all.clear()
    isOrderDue = true
    update()
  },
  rows: (changed) => {
    for (const row of changed) {
      const known = all.get(row.key)
      const before = known?.startedS
      if (row.gone) all.delete(row.key)
      else {
        all.set(row.key, Object.assign(known ?? {}, row))
        take(all.get(row.key))
      }
      // The first line of a new file may be written after the file appears.
      if (all.get(row.key)?.startedS !== before) isOrderDue = true
    }
    update()
  },
})
