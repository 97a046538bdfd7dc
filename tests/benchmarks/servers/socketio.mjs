// Peer: Socket.IO, io.emit to everyone; WebSocket transport only, without compression.
import { createServer } from "node:http";
import { createRequire } from "node:module";
const require = createRequire(process.argv[3] + "/");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => socket.on("m", (text) => io.emit("m", text)));
http.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 1024 }, () => console.log("ready"));
