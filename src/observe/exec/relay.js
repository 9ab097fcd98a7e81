const dns = require('dns');
const net = require('net');
const [host, port, patience] = process.argv.slice(-3);
const say = (...words) => require('fs').writeSync(2, words.join(' ') + '\n');
const since = (began) => Math.round(Number(process.hrtime.bigint() - began) / 1000);
say('start');
dns.lookup(host, { all: true }, (error, found) => {
  if (error) {
    say('unresolved', error.code);
    process.exit(1);
  }
  say('found');
  next(found.slice(0, 16));
});
function next([first, ...rest]) {
  if (!first) process.exit(1);
  const began = process.hrtime.bigint();
  const peer = net.connect({ host: first.address, port: Number(port) });
  const fail = (code) => {
    peer.destroy();
    say('failed', first.address, since(began), code);
    next(rest);
  };
  const timer = setTimeout(() => fail('ETIMEDOUT'), Number(patience) * 1000);
  const failed = (error) => {
    clearTimeout(timer);
    fail(error.code);
  };
  peer.once('error', failed);
  peer.once('connect', () => {
    clearTimeout(timer);
    peer.off('error', failed);
    say('open', first.address, since(began));
    peer.on('error', (error) => {
      say('over', error.code);
      process.exit(1);
    });
    peer.on('close', () => process.stdout.end(() => process.exit(0)));
    process.stdin.on('end', () => process.exit(0));
    process.stdin.pipe(peer, { end: false });
    peer.pipe(process.stdout, { end: false });
  });
}
