// The page of a capture, complete or still being recorded.

import { CaptureView } from './capture-view.js'
import { listen } from './listening.js'
import { serveForm } from './replay.js'

const here = location.pathname
const json = async (path) => (await fetch(here + path)).json()
const source = {
  data: async (number) => (await fetch(`${here}/data/${number}`)).text(),
  chunks: (from, to) => json(`/chunks?from=${from}&to=${to}`),
}
const view = new CaptureView(JSON.parse(document.getElementById('capture').textContent), source)
document.getElementById('view').replaceWith(view.element)
serveForm(document.querySelector('.replay'), `${here}/replay`)

const problems = []
listen(`${here}/events`, {
  head: (values) => view.measured(values),
  batch: (batch) => view.add(batch),
  measured: (values) => view.measured({ ...values, problems: [...values.problems, ...problems] }),
  problem: ({ text }) => {
    problems.push(text)
    view.measured({ problems })
  },
  end: () => document.body.classList.add('ended'),
})
