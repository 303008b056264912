// The events of a capture as rows.

import { element, oneLine } from './format.js'
import { Rows } from './rows.js'

// No screen shows more of a row's data.
const ROW_CHARACTERS = 400

/** What an event added to the answer, as elements, then its data: quiet beside words. */
export function saidAndData(phrases, data) {
  const shown = element('bdi', { class: phrases ? 'quiet' : null }, oneLine(data.slice(0, ROW_CHARACTERS)))
  return phrases ? [words(phrases), shown] : [shown]
}

/** Phrases as elements, coloured by their sort. */
export function words(phrases) {
  return element(
    'span',
    { class: 'words' },
    phrases.flatMap(([sort, text], place) => [place ? ', ' : '', element('bdi', { class: `said-${sort}` }, oneLine(text))]),
  )
}

/**
 * @param capture as the page has it; it may grow.
 * @param onChoose called with the number of the event that the user chose.
 */
export function eventRows(capture, onChoose) {
  const cellsOf = (number) => {
    const [t, , type, id, data, isOut] = capture.events[number]
    const gap = number ? t - capture.events[number - 1][0] : null
    return {
      classes: ['event', capture.stalls.some(([, , stall]) => stall === number) && 'stall'],
      cells: [
        t.toFixed(3),
        gap === null ? '' : `+${gap.toFixed(3)}`,
        (isOut ? '→ ' : '') + oneLine(type),
        oneLine(id),
        saidAndData(capture.said.get(number), data),
      ],
    }
  }
  return new Rows('events', { cellsOf, onChoose })
}
