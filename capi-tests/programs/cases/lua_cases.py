"""Lua's LuaSec."""

from support.runtime import SCRIPTS, Runtime
from support.suite import Suite

SUITE = Suite("lua", "lua-sec lua5.3", "LuaSec as server and client: facts, refusals, transfers; it looks at no names")
LUA = "/usr/bin/lua5.3"
Runtime(SUITE, [LUA, SCRIPTS / "tls_server.lua"], [LUA, SCRIPTS / "tls_client.lua"], sessions=False, names=False, sums=False).register()
