// Reads each stream with Anthropic's client; prints the text of the final message.
import Anthropic from "@anthropic-ai/sdk";

const said = {};
for (const [file, baseURL] of JSON.parse(process.argv[2])) {
  const client = new Anthropic({ baseURL, apiKey: "none", maxRetries: 0 });
  const messages = [{ role: "user", content: "Hello" }];
  const stream = client.messages.stream({ model: "m", max_tokens: 9, messages });
  const message = await stream.finalMessage();
  const texts = message.content.filter((block) => block.type === "text");
  said[file] = texts.map((block) => block.text).join("");
}
process.stdout.write(JSON.stringify(said), () => process.exit(0));
