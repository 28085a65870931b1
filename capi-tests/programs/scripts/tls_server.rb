# A TLS server in Ruby, one of the programs under test; see support/runtime.py for what it is asked.
require "digest"
require "json"
require "openssl"
require "socket"

VERSIONS = { "1.2" => OpenSSL::SSL::TLS1_2_VERSION, "1.3" => OpenSSL::SSL::TLS1_3_VERSION }.freeze

def context(settings)
  made = OpenSSL::SSL::SSLContext.new
  chain = OpenSSL::X509::Certificate.load_file(settings["certificate"])
  made.add_certificate(chain[0], OpenSSL::PKey.read(File.read(settings["key"])), chain[1..])
  made.min_version = VERSIONS[settings.fetch("min", "1.2")]
  made.max_version = VERSIONS[settings.fetch("max", "1.3")]
  made.session_id_context = "ruby"
  if settings["ca"]
    made.ca_file = settings["ca"]
    made.verify_mode = OpenSSL::SSL::VERIFY_PEER | OpenSSL::SSL::VERIFY_FAIL_IF_NO_PEER_CERT
  end
  made.alpn_select_cb = lambda { |offered| (settings["alpn"] & offered).first || raise(OpenSSL::SSL::SSLError, "none shared") }
  made
end

def seen(tls)
  {
    "version" => tls.ssl_version, "cipher" => tls.cipher, "alpn" => tls.alpn_protocol, "name" => tls.hostname,
    "reused" => tls.session_reused?, "verify" => tls.verify_result, "state" => tls.state,
    "peer" => tls.peer_cert && tls.peer_cert.subject.to_s, "chain" => (tls.peer_cert_chain || []).map { |one| one.subject.to_s },
    "own" => tls.cert.subject.to_s
  }
end

def answer(tls, bulk)
  word, count = tls.gets.to_s.split
  case word
  when "facts" then tls.puts(JSON.generate(seen(tls)))
  when "down" then tls.write(File.binread(bulk, count.to_i))
  when "up" then tls.puts(Digest::SHA256.hexdigest(tls.read(count.to_i)))
  end
end

def converse(plain, made, bulk)
  tls = OpenSSL::SSL::SSLSocket.new(plain, made)
  tls.sync_close = true
  tls.accept
  answer(tls, bulk)
  told = seen(tls)
  tls.close
  told
rescue OpenSSL::SSL::SSLError, SystemCallError => error
  plain.close
  { "error" => error.message.sub(/peeraddr=\S+ /, "") }
end

settings = JSON.parse(ARGV[0])
$stdout.sync = true
threads = settings["listeners"].map do |one|
  made = context(one)
  listener = TCPServer.new("127.0.0.1", one["port"])
  Thread.new do
    loop do
      plain = listener.accept
      Thread.new { $stdout.write(JSON.generate(converse(plain, made, settings["bulk"])) + "\n") }
    end
  end
end
threads.each(&:join)
