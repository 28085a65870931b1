# A TLS client in Ruby, one of the programs under test; see support/runtime.py for what it is asked.
require "digest"
require "json"
require "net/http"
require "openssl"
require "socket"

VERSIONS = { "1.2" => OpenSSL::SSL::TLS1_2_VERSION, "1.3" => OpenSSL::SSL::TLS1_3_VERSION }.freeze

def context(ask, kept)
  made = OpenSSL::SSL::SSLContext.new
  made.min_version = VERSIONS[ask.fetch("min", "1.2")]
  made.max_version = VERSIONS[ask.fetch("max", "1.3")]
  if ask["ca"] != ""
    made.ca_file = ask["ca"]
    made.verify_mode = OpenSSL::SSL::VERIFY_PEER
    made.verify_hostname = true
  end
  if ask["certificate"]
    chain = OpenSSL::X509::Certificate.load_file(ask["certificate"])
    made.add_certificate(chain[0], OpenSSL::PKey.read(File.read(ask["key"])), chain[1..])
  end
  made.ecdh_curves = "X25519:P-256"
  made.ciphers = ask["ciphers"] if ask["ciphers"]
  made.alpn_protocols = ask["alpn"] if ask["alpn"]
  made.session_cache_mode = OpenSSL::SSL::SSLContext::SESSION_CACHE_CLIENT
  made.session_new_cb = lambda { |(_, session)| kept << session }
  made
end

def facts(tls)
  key = tls.tmp_key
  {
    "version" => tls.ssl_version, "cipher" => tls.cipher, "alpn" => tls.alpn_protocol, "reused" => tls.session_reused?,
    "verify" => tls.verify_result, "peer" => tls.peer_cert.subject.to_s, "names" => tls.peer_cert.extensions.map(&:oid),
    "chain" => (tls.peer_cert_chain || []).map { |one| one.subject.to_s }, "own" => tls.cert && tls.cert.subject.to_s,
    "authorities" => tls.client_ca && tls.client_ca.map(&:to_s), "group" => key && key.oid,
    "finished" => [tls.finished_message, tls.peer_finished_message].map { |one| one && one.bytesize }, "state" => tls.state
  }
end

def exchange(tls, ask)
  if ask["down"]
    tls.puts("down #{ask["down"]}")
    return { "sum" => Digest::SHA256.hexdigest(tls.read(ask["down"])) }
  end
  if ask["up"]
    content = File.binread(ask["up"])
    tls.write("up #{content.bytesize}\n", content)
    return { "sum" => tls.gets.to_s.chomp }
  end
  tls.puts("facts")
  told = JSON.parse(tls.gets.to_s)
  rest = tls.read
  { **facts(tls), "told" => told, "rest" => rest }
end

def connect(ask, sessions, kept)
  tls = OpenSSL::SSL::SSLSocket.new(TCPSocket.new("127.0.0.1", ask["port"]), context(ask, kept))
  tls.sync_close = true
  tls.hostname = ask["host"] if ask["host"]
  tls.session = OpenSSL::SSL::Session.new(sessions[ask["session"]]) if ask["session"]
  tls.connect
  seen = exchange(tls, ask)
  tls.close
  seen
rescue OpenSSL::SSL::SSLError, SystemCallError, JSON::ParserError => error
  { "error" => error.message.sub(/peeraddr=\S+ /, "") }
end

# What net/http sees of a page, and what it says when it refuses.
def page(ask)
  http = Net::HTTP.new(ask["host"], ask["port"])
  http.use_ssl = true
  http.ca_file = ask["ca"]
  http.min_version = http.max_version = VERSIONS[ask["min"]]
  http.start do |open|
    answers = [open.get("/page.txt"), open.get("/page.txt")].map { |one| [one.code, one.body] }
    { "pages" => answers, "peer" => open.peer_cert.subject.to_s }
  end
rescue OpenSSL::SSL::SSLError, SystemCallError => error
  { "error" => error.message.sub(/peeraddr=\S+ /, "") }
end

sessions = {}
seen = JSON.parse($stdin.read).to_h do |name, ask|
  next [name, page(ask)] if ask["page"]
  kept = []
  told = connect(ask, sessions, kept)
  # Sessions go through their serialised form. A resumed one of TLS 1.2 is not told of again.
  sessions[name] = kept.last ? kept.last.to_der : sessions[ask["session"]]
  [name, told]
end
puts JSON.generate(seen)
