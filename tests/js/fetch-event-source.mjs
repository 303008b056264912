// Reads each event stream with @microsoft/fetch-event-source, as a POST; prints the events.
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.window = { fetch, setTimeout, clearTimeout };
const { fetchEventSource } = await import("@microsoft/fetch-event-source");

const seen = {};
for (const [file, url] of JSON.parse(process.argv[2])) {
  const events = [];
  await fetchEventSource(url, {
    method: "POST",
    body: "{}",
    openWhenHidden: true,
    async onopen(response) {
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
    },
    onmessage(event) {
      // It gives out what has an ID or a reconnection time and no data as well.
      if (event.data !== "") events.push([event.event || "message", event.data]);
    },
    onerror(error) {
      throw error;
    },
  });
  seen[file] = events;
}
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
