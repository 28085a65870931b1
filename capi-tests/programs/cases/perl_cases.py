"""Perl's IO::Socket::SSL and, under it, Net::SSLeay."""

from support.runtime import SCRIPTS, Runtime
from support.suite import Suite

SUITE = Suite("perl", "libio-socket-ssl-perl libnet-ssleay-perl", "IO::Socket::SSL as server and client: facts, refusals, transfers")
PERL = "/usr/bin/perl"
Runtime(SUITE, [PERL, SCRIPTS / "tls_server.pl"], [PERL, SCRIPTS / "tls_client.pl"], sessions=False).register()
