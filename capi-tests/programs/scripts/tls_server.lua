-- A TLS server in Lua, one of the programs under test; see support/runtime.py for what it is asked.
local socket = require("socket")
local ssl = require("ssl")
local script = arg[0]:gsub("[^/]*$", "")
local json = dofile(script .. "json.lua")

local function context(one)
  local old, new = (one.min or "1.2") == "1.2", (one.max or "1.3") == "1.3"
  local options = { "all", "no_sslv3", "no_tlsv1", "no_tlsv1_1" }
  if not old then options[#options + 1] = "no_tlsv1_2" end
  if not new then options[#options + 1] = "no_tlsv1_3" end
  return assert(ssl.newcontext {
    mode = "server", protocol = "any", certificate = one.certificate, key = one.key, cafile = one.ca, options = options,
    verify = one.ca and { "peer", "fail_if_no_peer_cert" } or "none",
    alpn = function(offered)
      for _, own in ipairs(one.alpn) do
        for _, name in ipairs(offered) do
          if name == own then return own end
        end
      end
    end,
  })
end

local function seen(tls)
  local info, peer = tls:info(), tls:getpeercertificate()
  local chain, name = {}, tls:getsniname()
  -- Without a peer's certificate LuaSec's own getpeerchain crashes.
  for number, certificate in ipairs(peer and tls:getpeerchain() or {}) do chain[number] = certificate:serial() end
  return {
    protocol = info.protocol, cipher = info.cipher, key = info.key, authentication = info.authentication, bits = info.bits,
    name = name, peer = peer and peer:serial(), chain = chain, alpn = tls:getalpn(),
    finished = { #(tls:getfinished() or ""), #(tls:getpeerfinished() or "") },
  }
end

local function answer(tls, bulk)
  local word, count = (tls:receive("*l") or ""):match("(%S+) ?(%d*)")
  if word == "facts" then
    tls:send(json.encode(seen(tls)) .. "\n")
  elseif word == "down" then
    local file = assert(io.open(bulk, "rb"))
    tls:send(file:read(tonumber(count)))
    file:close()
  elseif word == "up" then
    -- The client compares what comes back.
    tls:send(tls:receive(tonumber(count)) or "")
  end
end

local function converse(plain, made, bulk)
  local tls = assert(ssl.wrap(plain, made))
  tls:settimeout(20)
  local done, why = tls:dohandshake()
  if not done then
    tls:close()
    return { error = why }
  end
  answer(tls, bulk)
  local told = seen(tls)
  tls:close()
  return told
end

local settings = json.decode(arg[1])
local listeners, contexts = {}, {}
for _, one in ipairs(settings.listeners) do
  local listener = assert(socket.bind("127.0.0.1", one.port))
  listeners[#listeners + 1] = listener
  contexts[listener] = context(one)
end
while true do
  for _, listener in ipairs((socket.select(listeners))) do
    local plain = listener:accept()
    io.write(json.encode(converse(plain, contexts[listener], settings.bulk)), "\n")
    io.flush()
  end
end
