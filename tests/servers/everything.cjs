// Loaded before server-everything (node --require), which listens on the port that it is told, on all addresses, and
// logs to the standard output. With this it listens on 127.0.0.1, on a port that the system picks, prints
// `listening on URL` and nothing else, and exits when its standard input closes.
"use strict";
const net = require("node:net");

const path = { sse: "/sse", streamableHttp: "/mcp" }[process.argv[2]];
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (port, ...rest) {
    this.once("listening", () => process.stdout.write(`listening on http://127.0.0.1:${this.address().port}${path}\n`));
    return listen.call(this, 0, "127.0.0.1", ...rest);
};
console.log = console.error;
process.stdin.on("close", () => process.exit(0)).resume();
