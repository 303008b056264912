// Listens to one of the server's event streams, and says how that goes.

const AGAIN_MS = 1000

/**
 * What is lost with a connection is not lost: the browser says in Last-Event-ID what it has.
 * A page that nobody sees lets go of its connection, as browsers have six for all their pages.
 *
 * @param on for each type of event what to do with its data; after `end` nothing comes.
 */
export function listen(path, on) {
  const state = document.querySelector('.state')
  let source = null
  let lastEventId = ''
  const say = (text) => { state.textContent = text }
  const open = () => {
    // A new EventSource cannot say what the one before had.
    source = new EventSource(lastEventId ? `${path}?after=${encodeURIComponent(lastEventId)}` : path)
    source.onopen = () => say('live')
    source.onerror = () => {
      say('connection lost, trying again')
      // A server that has just begun may not know it yet, and browsers take that for its last word.
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
