// Reads each stream with OpenAI's client, given as base URL and protocol; prints what was said.
import OpenAI from "openai";

const said = {};
for (const [file, baseURL, protocol] of JSON.parse(process.argv[2])) {
  const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  let text = "";
  if (protocol === "openai-responses") {
    const stream = await client.responses.create({ model: "m", input: "Hello", stream: true });
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") text += event.delta;
    }
  } else {
    const messages = [{ role: "user", content: "Hello" }];
    const stream = await client.chat.completions.create({ model: "m", messages, stream: true });
    for await (const part of stream) {
      // Some streams have several answers side by side.
      for (const choice of part.choices) if (choice.index === 0) text += choice.delta?.content ?? "";
    }
  }
  said[file] = text;
}
process.stdout.write(JSON.stringify(said), () => process.exit(0));
