// Reads each stream with Vercel's AI SDK; prints the text that it streams.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";

globalThis.AI_SDK_LOG_WARNINGS = false; // it would print among the texts
const said = {};
for (const [file, baseURL, protocol] of JSON.parse(process.argv[2])) {
  const model =
    protocol === "anthropic-messages"
      ? createAnthropic({ baseURL, apiKey: "none" })("m")
      : protocol === "openai-responses"
        ? createOpenAI({ baseURL, apiKey: "none" }).responses("m")
        : createOpenAI({ baseURL, apiKey: "none" }).chat("m");
  const result = streamText({ model, prompt: "Hello", maxRetries: 0, onError() {} });
  let text = "";
  for await (const piece of result.textStream) text += piece;
  said[file] = text;
}
process.stdout.write(JSON.stringify(said), () => process.exit(0));
