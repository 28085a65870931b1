// A TLS client in Node.js, one of the programs under test; see support/runtime.py for what it is asked.
'use strict';
const tls = require('tls');
const fs = require('fs');
const crypto = require('crypto');
const https = require('https');
const http2 = require('http2');

function subject(certificate) {
  return certificate && certificate.subject ? certificate.subject.CN || '' : null;
}

// OpenSSL's error without thread, function, file and line.
function words(message) {
  const found = /error:([0-9A-F]{8}):([^:]*):[^:]*:([^:]*)/.exec(message);
  return found ? found.slice(1).join(':') : message;
}

function chain(socket) {
  const names = [];
  for (let one = socket.getPeerCertificate(true); one && one.subject; one = one.issuerCertificate) {
    names.push([one.subject.CN, one.subjectaltname, one.bits, one.nistCurve, one.serialNumber, one.valid_to]);
    if (one === one.issuerCertificate) break;
  }
  return names;
}

function facts(socket) {
  return {
    version: socket.getProtocol(), cipher: socket.getCipher(), alpn: socket.alpnProtocol, reused: socket.isSessionReused(),
    authorized: socket.authorized, why: socket.authorizationError && String(socket.authorizationError), chain: chain(socket),
    own: subject(socket.getCertificate()), group: socket.getEphemeralKeyInfo(),
    finished: [socket.getFinished(), socket.getPeerFinished()].map((one) => one && one.length),
    exported: socket.exportKeyingMaterial(20, 'EXPORTER-test', Buffer.from('context')).toString('hex'),
  };
}

function options(ask, sessions) {
  const all = {
    host: '127.0.0.1', port: ask.port, servername: ask.host, ecdhCurve: 'X25519:P-256',
    ca: ask.ca ? fs.readFileSync(ask.ca) : undefined, rejectUnauthorized: ask.ca !== '',
    cert: ask.certificate && fs.readFileSync(ask.certificate), key: ask.key && fs.readFileSync(ask.key),
    minVersion: 'TLSv' + (ask.min || '1.2'), maxVersion: 'TLSv' + (ask.max || '1.3'), ciphers: ask.ciphers,
    ALPNProtocols: ask.alpn, session: ask.session && sessions[ask.session],
    checkServerIdentity: ask.identity && ((host, cert) => (ask.identity === 'refuse' ? new Error(`no ${host} ${cert.subject.CN}`) : undefined)),
  };
  // What is named, even as undefined, takes the place of a default.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function connect(name, ask, sessions) {
  return new Promise((resolve) => {
    const got = [], seen = { events: [] };
    const socket = tls.connect(options(ask, sessions));
    socket.on('session', (session) => { sessions[name] = session; });
    socket.on('keylog', (line) => seen.events.push(line.toString().split(' ')[0]));
    socket.on('secureConnect', () => {
      // One that refuses to be authorized has an error coming.
      Object.assign(seen, facts(socket));
      if (ask.up) {
        const content = fs.readFileSync(ask.up);
        socket.write(`up ${content.length}\n`);
        socket.write(content);
      } else {
        socket.write(ask.down ? `down ${ask.down}\n` : 'facts\n');
      }
    });
    socket.on('data', (data) => got.push(data));
    socket.on('error', (error) => { seen.error = `${error.code}: ${words(error.message)}`; });
    socket.on('close', () => {
      const content = Buffer.concat(got);
      seen.events.sort();
      if (seen.error || content.length === 0) resolve({ error: seen.error || 'no answer' });
      else if (ask.down) resolve({ sum: crypto.createHash('sha256').update(content).digest('hex') });
      else if (ask.up) resolve({ sum: content.toString().trim() });
      else resolve(judge(seen, JSON.parse(content.toString())));
    });
  });
}

// What differs in each connection is compared here.
function judge(seen, told) {
  const same = seen.exported === told.exported;
  delete seen.exported;
  delete told.exported;
  return { ...seen, told, 'same key exported': same };
}

// Pages over HTTP/1.1 with an agent that keeps and resumes, or several streams at once over HTTP/2.
async function pages(ask) {
  const at = { port: ask.port, host: '127.0.0.1', servername: ask.host, ca: fs.readFileSync(ask.ca), maxVersion: 'TLSv' + ask.max };
  if (ask.pages === 'http2') {
    const client = http2.connect(`https://127.0.0.1:${ask.port}`, at);
    const told = await Promise.all([1, 2, 3, 4].map((number) => text(client.request({ ':path': `/${number}` }))));
    const seen = { told, alpn: client.alpnProtocol, origins: client.encrypted };
    await new Promise((done) => client.close(done));
    return seen;
  }
  const agent = new https.Agent({ maxCachedSessions: 4 });
  const told = [];
  for (const path of ['/1', '/2', '/3']) {
    const response = await new Promise((done, failed) => https.get({ ...at, path, agent }, done).on('error', failed));
    told.push([response.statusCode, response.socket.isSessionReused(), await text(response)]);
  }
  return { told };
}

async function text(stream) {
  let all = '';
  for await (const part of stream) all += part;
  return all;
}

async function main() {
  const asks = JSON.parse(fs.readFileSync(0)), sessions = {}, seen = {};
  for (const [name, ask] of Object.entries(asks)) {
    seen[name] = ask.pages ? await pages(ask) : await connect(name, ask, sessions);
    if (!sessions[name] && ask.session) sessions[name] = sessions[ask.session];
  }
  console.log(JSON.stringify(seen));
}

main();
