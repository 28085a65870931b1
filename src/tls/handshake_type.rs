//! Handshake types (RFC 8446, section 4; RFC 5246, section 7.4; RFC 6347, section 4.2.1).

/// TLS 1.2: a server asks for renegotiation.
pub const HELLO_REQUEST: u8 = 0;
/// The first message of a client.
pub const CLIENT_HELLO: u8 = 1;
/// The answer; in TLS 1.3 also a HelloRetryRequest.
pub const SERVER_HELLO: u8 = 2;
/// DTLS: a server asks for a cookie.
pub const HELLO_VERIFY_REQUEST: u8 = 3;
/// A ticket for the client.
pub const NEW_SESSION_TICKET: u8 = 4;
/// TLS 1.3: the extensions that need not be in clear.
pub const ENCRYPTED_EXTENSIONS: u8 = 8;
/// A chain of certificates.
pub const CERTIFICATE: u8 = 11;
/// TLS 1.2: the server's temporary key.
pub const SERVER_KEY_EXCHANGE: u8 = 12;
/// A server asks for a certificate.
pub const CERTIFICATE_REQUEST: u8 = 13;
/// TLS 1.2: the end of a server's first flight.
pub const SERVER_HELLO_DONE: u8 = 14;
/// The proof that the sender has the key.
pub const CERTIFICATE_VERIFY: u8 = 15;
/// TLS 1.2: the client's temporary key.
pub const CLIENT_KEY_EXCHANGE: u8 = 16;
/// The end of a handshake, of one side.
pub const FINISHED: u8 = 20;
/// TLS 1.2: a stapled OCSP response.
pub const CERTIFICATE_STATUS: u8 = 22;
/// TLS 1.3: the sender takes new keys.
pub const KEY_UPDATE: u8 = 24;
