// A TLS server in Node.js, one of the programs under test; see support/runtime.py for what it is asked.
'use strict';
const tls = require('tls');
const fs = require('fs');
const crypto = require('crypto');
const http2 = require('http2');

const settings = JSON.parse(process.argv[2]);
const bulk = fs.readFileSync(settings.bulk);

function subject(certificate) {
  return certificate && certificate.subject ? certificate.subject.CN || '' : null;
}

// OpenSSL's error without thread, function, file and line.
function words(message) {
  const found = /error:([0-9A-F]{8}):([^:]*):[^:]*:([^:]*)/.exec(message);
  return found ? found.slice(1).join(':') : message;
}

function seen(socket) {
  return {
    version: socket.getProtocol(), cipher: socket.getCipher(), alpn: socket.alpnProtocol, name: socket.servername,
    reused: socket.isSessionReused(), authorized: socket.authorized, why: socket.authorizationError && String(socket.authorizationError),
    peer: subject(socket.getPeerCertificate()), own: subject(socket.getCertificate()),
    finished: [socket.getFinished(), socket.getPeerFinished()].map((one) => one && one.length),
  };
}

function answer(socket, line, rest) {
  const [word, count] = line.split(' ');
  if (word === 'facts') {
    const exported = socket.exportKeyingMaterial(20, 'EXPORTER-test', Buffer.from('context')).toString('hex');
    socket.end(JSON.stringify({ ...seen(socket), exported }) + '\n');
  } else if (word === 'down') {
    socket.end(bulk.subarray(0, Number(count)));
  } else {
    const digest = crypto.createHash('sha256');
    let left = Number(count);
    const take = (data) => {
      digest.update(data);
      left -= data.length;
      if (left === 0) socket.end(digest.digest('hex') + '\n');
    };
    if (rest.length) take(rest);
    socket.on('data', take);
  }
}

function converse(socket) {
  let head = Buffer.alloc(0);
  const onData = (data) => {
    head = Buffer.concat([head, data]);
    const end = head.indexOf('\n');
    if (end < 0) return;
    socket.removeListener('data', onData);
    answer(socket, head.subarray(0, end).toString(), head.subarray(end + 1));
  };
  socket.on('data', onData);
  socket.on('error', () => {});
  // Read now: a closed connection knows nothing more.
  const told = seen(socket);
  socket.on('close', () => tell(told));
}

function tell(what) {
  fs.writeSync(1, JSON.stringify(what) + '\n');
}

// Both versions of HTTP; a big answer to make the streams meet.
function web(options) {
  return http2.createSecureServer({ ...options, allowHTTP1: true }, (request, response) => {
    response.end(`${request.httpVersion} ${request.url} ${request.socket.getProtocol()}\n`.repeat(9000));
  });
}

for (const one of settings.listeners) {
  const other = one.names && tls.createSecureContext({ cert: fs.readFileSync(one.names.certificate), key: fs.readFileSync(one.names.key) });
  const options = {
    cert: fs.readFileSync(one.certificate), key: fs.readFileSync(one.key), ca: one.ca && fs.readFileSync(one.ca),
    requestCert: Boolean(one.ca), rejectUnauthorized: Boolean(one.ca),
    minVersion: 'TLSv' + (one.min || '1.2'), maxVersion: 'TLSv' + (one.max || '1.3'), ALPNProtocols: one.alpn,
    SNICallback: one.names && ((name, done) => setImmediate(done, name === 'refused.example' ? new Error('refused') : null, name === one.names.host ? other : null)),
    ticketKeys: Buffer.alloc(48, 7),
  };
  const server = one.web ? web(options) : tls.createServer(options, converse);
  if (one.contexts) {
    server.addContext(one.contexts.host, { cert: fs.readFileSync(one.contexts.certificate), key: fs.readFileSync(one.contexts.key) });
  }
  if (one.stateful) {
    const store = {};
    server.on('newSession', (id, data, done) => { store[id.toString('hex')] = data; done(); });
    server.on('resumeSession', (id, done) => { setImmediate(done, null, store[id.toString('hex')] || null); });
  }
  if (one.newTicketKeys) server.once('secureConnection', () => setImmediate(() => server.setTicketKeys(crypto.randomBytes(48))));
  server.on('tlsClientError', (error) => tell({ error: words(error.message), code: error.code }));
  server.listen(one.port, '127.0.0.1');
}
