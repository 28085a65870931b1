-- A TLS client in Lua, one of the programs under test; see support/runtime.py for what it is asked.
local socket = require("socket")
local ssl = require("ssl")
local script = arg[0]:gsub("[^/]*$", "")
local json = dofile(script .. "json.lua")

local function parameters(ask)
  local options = { "all", "no_sslv3", "no_tlsv1", "no_tlsv1_1" }
  if (ask.min or "1.2") ~= "1.2" then options[#options + 1] = "no_tlsv1_2" end
  if (ask.max or "1.3") ~= "1.3" then options[#options + 1] = "no_tlsv1_3" end
  return {
    mode = "client", protocol = "any", cafile = ask.ca ~= "" and ask.ca or nil, certificate = ask.certificate, key = ask.key,
    verify = ask.ca ~= "" and "peer" or "none", options = options, ciphers = ask.ciphers, alpn = ask.alpn,
  }
end

local function facts(tls)
  local info, peer = tls:info(), tls:getpeercertificate()
  local verified, why = tls:getpeerverification()
  local chain = {}
  for number, certificate in ipairs(tls:getpeerchain()) do chain[number] = certificate:serial() end
  return {
    protocol = info.protocol, cipher = info.cipher, key = info.key, authentication = info.authentication, encryption = info.encryption,
    mac = info.mac, bits = info.bits, peer = peer:serial(), issued = peer:validat(os.time()), until_ = peer:notafter(), chain = chain,
    verified = verified, why = type(why) == "string" and why or nil, alpn = tls:getalpn(), want = tls:want(),
    finished = { #(tls:getfinished() or ""), #(tls:getpeerfinished() or "") },
  }
end

local function exchange(tls, ask)
  if ask.down then
    tls:send("down " .. ask.down .. "\n")
    return { content = #(tls:receive(ask.down) or "") }
  elseif ask.up then
    local file = assert(io.open(ask.up, "rb"))
    local content = file:read("a")
    file:close()
    tls:send("up " .. #content .. "\n" .. content)
    return { content = #content, same = tls:receive(#content) == content }
  end
  local told = facts(tls)
  tls:send("facts\n")
  local line, why = tls:receive("*l")
  if not line then return { error = why } end
  told.told = json.decode(line)
  return told
end

local function connect(ask)
  local made, why = ssl.newcontext(parameters(ask))
  if not made then return { error = why } end
  local plain = assert(socket.connect("127.0.0.1", ask.port))
  local tls = assert(ssl.wrap(plain, made))
  tls:settimeout(20)
  if ask.host then tls:sni(ask.host) end
  local done
  done, why = tls:dohandshake()
  local seen = done and exchange(tls, ask) or { error = why }
  tls:close()
  return seen
end

local seen = {}
for name, ask in pairs(json.decode(io.read("a"))) do seen[name] = connect(ask) end
print(json.encode(seen))
