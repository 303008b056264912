// Turns numbers into text, and text into elements. Text is never taken as markup.

/** An element with attributes, properties and children; strings become text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else if (value === true) made.setAttribute(key, '')
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value)
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined))
  return made
}

/** A time in seconds as short text with a unit. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '-'
  if (seconds === 0) return '0 s'
  if (seconds < 0) return `-${duration(-seconds)}`
  if (seconds < 0.0005) return `${(seconds * 1e6).toFixed(0)} us`
  if (seconds < 0.9995) return `${Number((seconds * 1e3).toPrecision(3))} ms`
  return `${Number(seconds.toPrecision(4))} s`
}

// C0 and C1 controls, and controls of text direction.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text with control characters as escapes; line feeds and tabs stay. */
export function printable(text) {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same, on one line. */
export function oneLine(text) {
  return printable(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t')
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g
// Deeper indentation would be mostly spaces.
const DEEPEST = 50

/** JSON indented, with its numbers as written, not rounded to JavaScript's; other text unchanged. */
export function pretty(text) {
  const start = text.trimStart()[0]
  if (start !== '{' && start !== '[') return text
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  const made = []
  let depth = 0
  let before = ''
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    const isEnd = token === '}' || token === ']'
    const isFirst = before === '{' || before === '['
    if (isEnd) depth -= 1
    if (isFirst !== isEnd || before === ',') made.push('\n', '  '.repeat(Math.min(depth, DEEPEST)))
    made.push(before === ':' ? ' ' : '', token[0] === '"' ? JSON.stringify(JSON.parse(token)) : token)
    if (token === '{' || token === '[') depth += 1
    before = token
  }
  return made.join('')
}

/** The text of a string, or of base64 in a list; bytes that are not text in hexadecimal. */
export function bytesText(value) {
  if (typeof value === 'string') return value
  return [...atob(value[0])]
    .map((char) => {
      const code = char.charCodeAt(0)
      return code >= 32 && code < 127 || code === 10 ? char : `\\x${code.toString(16).padStart(2, '0')}`
    })
    .join('')
}

export function thousands(number) {
  return number.toLocaleString('en-US')
}
