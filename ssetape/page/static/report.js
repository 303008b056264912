// The report: the capture is in the page itself.

import { CaptureView } from './capture-view.js'

const { events, typed, chunks, said, ...capture } = JSON.parse(document.getElementById('capture').textContent)
const source = {
  data: (number) => events[number][4],
  chunks: (from, to) => chunks.slice(from, to),
}
const view = new CaptureView(capture, source)
document.body.replaceChildren(view.element)
view.add({ events, typed, chunks, said })
view.measured({})
