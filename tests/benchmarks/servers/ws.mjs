// Peer: ws (Node), every open client told in a loop, as its documentation shows it; without compression.
import { createRequire } from "node:module";
const require = createRequire(process.argv[3] + "/");
const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false, backlog: 1024 });
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    for (const client of server.clients) if (client.readyState === 1) client.send(data, { binary: isBinary });
  });
});
server.on("listening", () => console.log("ready"));
