// The report: its capture is in the page itself.

import { captureView } from './capture-view.js'

const capture = JSON.parse(document.getElementById('capture').textContent)
document.body.replaceChildren(captureView(capture))
