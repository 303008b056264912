// Reads each stream with the client of its protocol; prints what it was told, or the error.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { DefaultChatTransport, jsonSchema, readUIMessageStream, streamText, tool } from "ai";

globalThis.AI_SDK_LOG_WARNINGS = false;

const models = {
  "openai-chat": (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).chat("m"),
  "openai-responses": (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).responses("m"),
  anthropic: (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: "none" })("m"),
  gemini: (url) =>
    createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: "none" })("gemini-2.5-flash"),
};
const weather = tool({ inputSchema: jsonSchema({ type: "object" }) });

async function answer(protocol, url) {
  const errors = [];
  const result = streamText({
    model: models[protocol](url),
    prompt: "Hello",
    tools: { weather },
    maxRetries: 0,
    onError: ({ error }) => errors.push(error.message ?? error),
  });
  let text = "";
  let reasoning = "";
  const calls = [];
  let end = {};
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") text += part.text;
    if (part.type === "reasoning-delta") reasoning += part.text;
    if (part.type === "tool-call") calls.push([part.toolName, part.input]);
    if (part.type === "finish") end = part;
  }
  const { inputTokens, outputTokens } = end.totalUsage ?? {};
  return { text, reasoning, calls, errors, stop: end.finishReason, usage: [inputTokens, outputTokens] };
}

async function page(url) {
  const transport = new DefaultChatTransport({ api: `${url}/api/chat` });
  const stream = await transport.sendMessages({
    chatId: "c",
    trigger: "submit-message",
    messages: [{ id: "q", role: "user", parts: [{ type: "text", text: "Hello" }] }],
  });
  const errors = [];
  let last = { parts: [] };
  const onError = (error) => errors.push(error.message);
  for await (const message of readUIMessageStream({ stream, onError })) last = message;
  const said = (type) =>
    last.parts
      .filter((part) => part.type === type)
      .map((part) => part.text)
      .join("");
  const calls = last.parts
    .filter((part) => part.type.startsWith("tool-"))
    .map((part) => [part.type.slice("tool-".length), part.input]);
  const { inputTokens, outputTokens } = last.metadata?.usage ?? {};
  return { text: said("text"), reasoning: said("reasoning"), calls, errors, usage: [inputTokens, outputTokens] };
}

const told = {};
for (const [name, protocol, url] of JSON.parse(process.argv[2])) {
  told[name] = await (protocol === "vercel-ui" ? page(url) : answer(protocol, url));
}
process.stdout.write(JSON.stringify(told), () => process.exit(0));
