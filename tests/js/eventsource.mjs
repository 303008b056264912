// Reads each event stream with the `eventsource` package until it ends; prints the events.
import { EventSource } from "eventsource";

const seen = {};
for (const [file, url, types] of JSON.parse(process.argv[2])) {
  seen[file] = await new Promise((resolve) => {
    const events = [];
    const source = new EventSource(url);
    for (const type of types) {
      source.addEventListener(type, (event) => {
        if (event.data !== undefined) events.push([event.type, event.data, event.lastEventId]);
      });
    }
    // It would connect again.
    source.onerror = () => (source.close(), resolve(events));
  });
}
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
