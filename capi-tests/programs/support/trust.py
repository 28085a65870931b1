"""What a server asks for and a client insists on: the table that every pair of programs goes through.

Refusals are the point: each row that says `refused` must make the exchange fail, whatever library is underneath.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Ask:
    """Settings of one exchange. Names of certificates are those of pki.sh."""

    name: str
    refused: bool = False
    certificate: str = "ecdsa"
    ca: str = "ca"
    """What the client trusts; empty turns its verification off."""
    client_ca: str = ""
    """From whom the server requires a client certificate; empty asks for none."""
    client_certificate: str = ""
    server_versions: tuple = ("1.2", "1.3")
    client_versions: tuple = ("1.2", "1.3")
    server_ciphers: str = ""
    """TLS 1.2 cipher string; empty leaves the default."""
    client_ciphers: str = ""
    names: bool = False
    """Whether the row is about the host name (some clients never check it)."""

    def only(self, version):
        return replace(self, name=f"{self.name}-{version}", server_versions=(version,))


_BOTH = [
    Ask("verified"),
    Ask("wrong-ca", refused=True, ca="otherca"),
    Ask("wrong-name", refused=True, certificate="wronghost", names=True),
    Ask("expired", refused=True, certificate="expired"),
    Ask("client-cert", client_ca="ca", client_certificate="client"),
    Ask("client-cert-missing", refused=True, client_ca="ca"),
    Ask("client-cert-wrong-ca", refused=True, client_ca="ca", client_certificate="client-wrongca"),
]

TRUST = [ask.only(version) for version in ("1.2", "1.3") for ask in _BOTH] + [
    Ask("rsa", certificate="rsa"),
    Ask("rsa-1.2", certificate="rsa", server_versions=("1.2",)),
    Ask("ed25519", certificate="ed25519"),
    Ask("chain", certificate="ecdsa-chain"),
    Ask("chain-incomplete", refused=True, certificate="ecdsa-leaf"),
    Ask("not-yet-valid", refused=True, certificate="notyet"),
    Ask("self-signed", refused=True, certificate="selfsigned"),
    Ask("unverified", certificate="selfsigned", ca=""),
    Ask("client-cert-expired", refused=True, client_ca="ca", client_certificate="client-expired"),
    Ask("client-cert-chain", client_ca="ca", client_certificate="client-chain"),
    Ask("client-cert-not-asked", client_certificate="client"),
    Ask("server-only-1.2-client-only-1.3", refused=True, server_versions=("1.2",), client_versions=("1.3",)),
    Ask("server-only-1.3-client-only-1.2", refused=True, server_versions=("1.3",), client_versions=("1.2",)),
    Ask("client-only-1.2", client_versions=("1.2",)),
    Ask(
        "cipher-chosen-by-server",
        server_versions=("1.2",),
        server_ciphers="ECDHE-ECDSA-CHACHA20-POLY1305",
    ),
    Ask(
        "cipher-chosen-by-client",
        client_versions=("1.2",),
        client_ciphers="ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    Ask(
        "no-shared-cipher",
        refused=True,
        server_versions=("1.2",),
        server_ciphers="ECDHE-ECDSA-CHACHA20-POLY1305",
        client_ciphers="ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    Ask(
        "cipher-needs-rsa-certificate",
        refused=True,
        server_versions=("1.2",),
        server_ciphers="ECDHE-RSA-AES256-GCM-SHA384",
    ),
]
