// Listens to one of the server's event streams, and shows the state of the connection.

const AGAIN_MS = 1000

/**
 * A lost connection loses no events: Last-Event-ID tells the server what the browser has.
 * A hidden page closes its connection, as browsers allow six for all pages of a server.
 *
 * @param on for each event type, a function that takes its data; `end` is the last event.
 */
export function listen(path, on) {
  const state = document.querySelector('.state')
  let source = null
  let lastEventId = ''
  const say = (text) => { state.textContent = text }
  const open = () => {
    // A new EventSource does not know the last event ID of the previous one.
    source = new EventSource(lastEventId ? `${path}?after=${encodeURIComponent(lastEventId)}` : path)
    source.onopen = () => say('live')
    source.onerror = () => {
      say('connection lost, retrying')
      // A server that has just started may answer 404, after which browsers do not retry.
      if (source?.readyState === EventSource.CLOSED) {
        source = null
        setTimeout(look, AGAIN_MS)
      }
    }
    for (const [name, act] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        lastEventId = event.lastEventId || lastEventId
        act(JSON.parse(event.data))
        if (name === 'end') close(true)
      })
    }
  }
  const close = (isDone) => {
    source?.close()
    source = null
    say(isDone ? '' : 'paused')
    if (isDone) document.removeEventListener('visibilitychange', look)
  }
  const look = () => {
    if (document.hidden) close(false)
    else if (!source) open()
  }
  document.addEventListener('visibilitychange', look)
  if (!document.hidden) open()
}
