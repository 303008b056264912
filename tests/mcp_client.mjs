// An MCP client of the official package: node mcp_client.mjs sse|http URL ORDER [WAIT_S].
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [kind, url, order, wait = "0"] = process.argv.slice(2);
const transport =
  kind === "sse"
    ? new SSEClientTransport(new URL(`${url}/sse`))
    : new StreamableHTTPClientTransport(new URL(`${url}/mcp`));
const client = new Client({ name: "trial", version: "1" });
await client.connect(transport);
await new Promise((resolve) => setTimeout(resolve, Number(wait) * 1000));
for (const call of order.split(",")) {
  if (call === "list") {
    const { tools } = await client.listTools();
    console.log("list", tools.map((tool) => tool.name).join(","));
  } else {
    const args = call === "add" ? { a: 2, b: 3 } : { text: "hello" };
    const answer = await client.callTool({ name: call, arguments: args });
    console.log(call, answer.content[0].text);
  }
}
// The answer may come before that to the POST itself, which a recording needs whole.
await new Promise((resolve) => setTimeout(resolve, 300));
await client.close();
process.exit(0);
