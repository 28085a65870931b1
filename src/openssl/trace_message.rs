//! Handshake messages in words, as `SSL_trace` prints them.

use super::trace_names as names;
use crate::tls::handshake_type as kind;
use crate::tls::hello::Reader;

/// Where the words go.
pub(super) trait Page {
    /// Text.
    fn text(&mut self, text: &str);
    /// Bytes in hexadecimal and as characters, in lines.
    fn dump(&mut self, indent: usize, bytes: &[u8]);
    /// A certificate; how many bytes it took, or none where it is none.
    fn certificate(&mut self, der: &[u8]) -> usize;
    /// A distinguished name.
    fn distinguished_name(&mut self, der: &[u8]);
}

/// Extensions whose content is told in words.
mod extension {
    pub(super) const MAX_FRAGMENT_LENGTH: u16 = 1;
    pub(super) const GROUPS: u16 = 10;
    pub(super) const POINT_FORMATS: u16 = 11;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const SESSION_TICKET: u16 = 35;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const PSK_MODES: u16 = 45;
    pub(super) const KEY_SHARE: u16 = 51;
    pub(super) const RENEGOTIATE: u16 = 0xff01;
}

/// The message is written down as far as it is well-formed.
type Told = Option<()>;

/// What is known of a message's connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// The server sends it.
    pub(super) by_server: bool,
    /// TLS 1.3 has been agreed on.
    pub(super) tls13: bool,
}

/// A line, indented.
fn line(page: &mut dyn Page, indent: usize, text: &str) {
    page.text(&format!("{:indent$}{text}\n", ""));
}

/// Bytes in hexadecimal on one line.
pub(super) fn hex(page: &mut dyn Page, indent: usize, name: &str, bytes: &[u8]) {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    line(page, indent, &format!("{name} (len={}): {digits}", bytes.len()));
}

/// As [`hex`], of a vector with a length before it.
fn hex_vec(page: &mut dyn Page, indent: usize, name: &str, vector: Option<&[u8]>) -> Told {
    hex(page, indent, name, vector?);
    Some(())
}

fn number(reader: &mut Reader<'_>) -> Option<u16> {
    u16::try_from(reader.u16()?).ok()
}

fn byte(reader: &mut Reader<'_>) -> Option<u8> {
    reader.take(1)?.first().copied()
}

fn long(reader: &mut Reader<'_>) -> Option<u32> {
    Some(u32::from_be_bytes(reader.take(4)?.try_into().ok()?))
}

/// A vector with a length of so many bytes before it, alone.
fn only_vec(content: &[u8], prefix: usize) -> Option<&[u8]> {
    let mut reader = Reader(content);
    let list = if prefix == 1 { reader.vec8()? } else { reader.vec16()? };
    reader.0.is_empty().then_some(list)
}

/// Numbers of one or two bytes with their names.
fn list(page: &mut dyn Page, indent: usize, bytes: &[u8], width: usize, name: fn(u16) -> &'static str) -> Told {
    if !bytes.len().is_multiple_of(width) {
        return None;
    }
    for item in bytes.chunks(width) {
        let number = item.iter().fold(0, |number: u16, &byte| number << 8 | u16::from(byte));
        line(page, indent, &format!("{} ({number})", name(number)));
    }
    Some(())
}

fn signature_algorithms(page: &mut dyn Page, indent: usize, bytes: &[u8]) {
    let mut reader = Reader(bytes);
    while let Some(scheme) = number(&mut reader) {
        line(page, indent, &format!("{} (0x{scheme:04x})", names::signature_algorithm(scheme)));
    }
}

/// Tells a message with its header. None: it is not well-formed, and told as far as it is.
pub(super) fn tell(page: &mut dyn Page, about: Circumstances, message: &[u8]) -> Told {
    let mut body = Reader(message);
    let (kind, len) = (byte(&mut body)?, body.u8()? << 16 | body.u16()?);
    line(page, 4, &format!("{}, Length={len}", names::message(kind)));
    let mut body = Reader(body.take(len)?);
    match kind {
        kind::CLIENT_HELLO => client_hello(page, about, &mut body),
        kind::SERVER_HELLO => server_hello(page, about, &mut body),
        kind::HELLO_VERIFY_REQUEST => None,
        kind::NEW_SESSION_TICKET => ticket(page, about, &mut body),
        kind::ENCRYPTED_EXTENSIONS => extensions(page, 6, true, kind, &mut body),
        kind::CERTIFICATE => certificates(page, about, &mut body),
        kind::SERVER_KEY_EXCHANGE | kind::CLIENT_KEY_EXCHANGE if about.tls13 => {
            line(page, 6, "KeyExchangeAlgorithm=UNKNOWN");
            if kind == kind::SERVER_KEY_EXCHANGE {
                let _ = signature(page, &mut body);
            }
            body.0.is_empty().then_some(())
        }
        kind::SERVER_KEY_EXCHANGE => server_key_exchange(page, &mut body),
        kind::CERTIFICATE_REQUEST => certificate_request(page, about, &mut body),
        kind::CERTIFICATE_VERIFY => signature(page, &mut body),
        kind::CLIENT_KEY_EXCHANGE => {
            line(page, 6, "KeyExchangeAlgorithm=ECDHE");
            hex_vec(page, 8, "ecdh_Yc", body.vec8())
        }
        kind::FINISHED => {
            hex(page, 6, "verify_data", body.0);
            Some(())
        }
        kind::SERVER_HELLO_DONE => {
            if !body.0.is_empty() {
                hex(page, 6, "unexpected value", body.0);
            }
            Some(())
        }
        kind::KEY_UPDATE if body.0.len() != 1 => {
            hex(page, 6, "unexpected value", body.0);
            None
        }
        kind::KEY_UPDATE => list(page, 6, body.0, 1, names::key_update),
        _ => {
            line(page, 6, "Unsupported, hex dump follows:");
            page.dump(8, body.0);
            Some(())
        }
    }
}

/// What both hellos begin with.
fn greeting(page: &mut dyn Page, name: &str, body: &mut Reader<'_>) -> Told {
    let version = number(body)?;
    line(page, 6, &format!("{name}=0x{version:x} ({})", names::version(version)));
    let mut random = Reader(body.take(32)?);
    line(page, 6, "Random:");
    line(page, 8, &format!("gmt_unix_time=0x{:08X}", long(&mut random)?));
    hex(page, 8, "random_bytes", random.0);
    hex_vec(page, 6, "session_id", body.vec8())
}

fn suite(number: u16) -> String {
    format!("{{0x{:02X}, 0x{:02X}}} {}", number >> 8, number & 0xff, names::suite(number))
}

fn client_hello(page: &mut dyn Page, about: Circumstances, body: &mut Reader<'_>) -> Told {
    greeting(page, "client_version", body)?;
    let len = body.u16()?;
    line(page, 6, &format!("cipher_suites (len={len})"));
    let suites = body.take(len).filter(|suites| suites.len().is_multiple_of(2))?;
    let mut suites = Reader(suites);
    while let Some(number) = number(&mut suites) {
        line(page, 8, &suite(number));
    }
    let len = body.u8()?;
    line(page, 6, &format!("compression_methods (len={len})"));
    for &method in body.take(len)? {
        line(page, 8, &format!("{} (0x{method:02X})", names::compression(method)));
    }
    extensions(page, 6, about.by_server, kind::CLIENT_HELLO, body)
}

fn server_hello(page: &mut dyn Page, about: Circumstances, body: &mut Reader<'_>) -> Told {
    greeting(page, "server_version", body)?;
    line(page, 6, &format!("cipher_suite {}", suite(number(body)?)));
    let method = byte(body)?;
    line(page, 6, &format!("compression_method: {} (0x{method:02X})", names::compression(method)));
    extensions(page, 6, about.by_server, kind::SERVER_HELLO, body)
}

fn ticket(page: &mut dyn Page, about: Circumstances, body: &mut Reader<'_>) -> Told {
    if body.0.is_empty() {
        line(page, 8, "No Ticket");
        return Some(());
    }
    line(page, 8, &format!("ticket_lifetime_hint={}", long(body)?));
    if about.tls13 {
        line(page, 8, &format!("ticket_age_add={}", long(body)?));
        hex_vec(page, 8, "ticket_nonce", body.vec8())?;
    }
    hex_vec(page, 8, "ticket", body.vec16())?;
    if about.tls13 {
        extensions(page, 8, about.by_server, kind::NEW_SESSION_TICKET, body)?;
    }
    body.0.is_empty().then_some(())
}

fn certificates(page: &mut dyn Page, about: Circumstances, body: &mut Reader<'_>) -> Told {
    if about.tls13 {
        hex_vec(page, 6, "context", body.vec8())?;
    }
    let len = body.u8()? << 16 | body.u16()?;
    let mut list = Reader(body.take(len).filter(|_| body.0.is_empty())?);
    line(page, 6, &format!("certificate_list, length={len}"));
    while !list.0.is_empty() {
        let len = list.u8()? << 16 | list.u16()?;
        let der = list.take(len)?;
        page.text(&format!("{:8}ASN.1Cert, length={len}", ""));
        if page.certificate(der) != len {
            line(page, 0, "<TRAILING GARBAGE AFTER CERTIFICATE>");
        }
        if about.tls13 {
            extensions(page, 8, about.by_server, kind::CERTIFICATE, &mut list)?;
        }
    }
    Some(())
}

fn server_key_exchange(page: &mut dyn Page, body: &mut Reader<'_>) -> Told {
    const NAMED_CURVE: u8 = 3;
    line(page, 6, "KeyExchangeAlgorithm=ECDHE");
    let kind = *body.0.first()?;
    page.text(&format!("{:8}", ""));
    match kind {
        1 => line(page, 0, "explicit_prime"),
        2 => line(page, 0, "explicit_char2"),
        NAMED_CURVE => {
            body.take(1)?;
            let group = number(body)?;
            line(page, 0, &format!("named_curve: {} ({group})", names::group(group)));
            hex_vec(page, 8, "point", body.vec8())?;
        }
        kind => {
            line(page, 0, &format!("UNKNOWN CURVE PARAMETER TYPE {kind}"));
            return None;
        }
    }
    // Its own faults do not count.
    let _ = signature(page, body);
    body.0.is_empty().then_some(())
}

fn signature(page: &mut dyn Page, body: &mut Reader<'_>) -> Told {
    let scheme = number(body)?;
    line(page, 6, &format!("Signature Algorithm: {} (0x{scheme:04x})", names::signature_algorithm(scheme)));
    // A length without its bytes stays where it is.
    let before = body.0;
    let signature = body.vec16();
    if signature.is_none() {
        body.0 = before;
    }
    hex_vec(page, 6, "Signature", signature)
}

fn certificate_request(page: &mut dyn Page, about: Circumstances, body: &mut Reader<'_>) -> Told {
    if about.tls13 {
        hex_vec(page, 6, "request_context", body.vec8())?;
        return extensions(page, 6, about.by_server, kind::CERTIFICATE_REQUEST, body);
    }
    let types = body.vec8()?;
    line(page, 6, &format!("certificate_types (len={})", types.len()));
    list(page, 8, types, 1, names::certificate_type)?;
    let schemes = body.vec16().filter(|schemes| schemes.len().is_multiple_of(2))?;
    line(page, 6, &format!("signature_algorithms (len={})", schemes.len()));
    signature_algorithms(page, 8, schemes);
    let issuers = body.vec16()?;
    line(page, 6, &format!("certificate_authorities (len={})", issuers.len()));
    let mut issuers = Reader(issuers);
    while !issuers.0.is_empty() {
        let name = issuers.vec16()?;
        page.text(&format!("{:8}DistinguishedName (len={}): ", "", name.len()));
        page.distinguished_name(name);
    }
    Some(())
}

fn extensions(page: &mut dyn Page, indent: usize, by_server: bool, message: u8, body: &mut Reader<'_>) -> Told {
    if body.0.is_empty() {
        line(page, indent, "No extensions");
        return Some(());
    }
    let len = body.u16()?;
    if len == 0 {
        line(page, indent, "No extensions");
        return Some(());
    }
    let Some(all) = body.take(len) else {
        page.text(&format!("{:indent$}", ""));
        return None;
    };
    line(page, indent, &format!("extensions, length = {len}"));
    let mut all = Reader(all);
    while !all.0.is_empty() {
        let rest = all.0;
        let (kind, len) = (number(&mut all)?, all.u16()?);
        let Some(content) = all.take(len) else {
            line(page, 0, &format!("extensions, extype = {kind}, extlen = {len}"));
            page.dump(indent + 2, rest);
            return None;
        };
        line(page, indent + 2, &format!("extension_type={}({kind}), length={len}", names::extension(kind)));
        tell_extension(page, indent + 4, by_server, message, (kind, content))?;
    }
    Some(())
}

fn tell_extension(
    page: &mut dyn Page,
    indent: usize,
    by_server: bool,
    message: u8,
    (kind, content): (u16, &[u8]),
) -> Told {
    match kind {
        extension::MAX_FRAGMENT_LENGTH => {
            list(page, indent, content.get(..1)?, 1, names::fragment_length)?;
            (content.len() == 1).then_some(())
        }
        extension::POINT_FORMATS => list(page, indent, only_vec(content, 1)?, 1, names::point_format),
        extension::GROUPS => list(page, indent, only_vec(content, 2)?, 2, names::group),
        extension::SIGNATURE_ALGORITHMS => {
            let schemes = only_vec(content, 2).filter(|schemes| schemes.len().is_multiple_of(2))?;
            signature_algorithms(page, indent, schemes);
            Some(())
        }
        extension::ALPN => {
            let mut protocols = Reader(only_vec(content, 2)?);
            while !protocols.0.is_empty() {
                line(page, indent, &String::from_utf8_lossy(protocols.vec8()?));
            }
            Some(())
        }
        extension::RENEGOTIATE => renegotiation(page, indent + 2, by_server, only_vec(content, 1)?),
        extension::SESSION_TICKET if content.is_empty() => Some(()),
        extension::SESSION_TICKET => {
            hex(page, indent + 2, "ticket", content);
            Some(())
        }
        extension::KEY_SHARE => key_shares(page, indent + 2, by_server, content),
        extension::SUPPORTED_VERSIONS if by_server => {
            let version = number(&mut Reader(content)).filter(|_| content.len() == 2)?;
            line(page, indent + 2, &format!("{} ({version})", names::version(version)));
            Some(())
        }
        extension::SUPPORTED_VERSIONS => list(page, indent, only_vec(content, 1)?, 2, names::version),
        extension::PSK_MODES => list(page, indent, only_vec(content, 1)?, 1, names::psk_mode),
        extension::EARLY_DATA if message == kind::NEW_SESSION_TICKET => {
            let most = long(&mut Reader(content)).filter(|_| content.len() == 4)?;
            line(page, indent, &format!("max_early_data={most}"));
            Some(())
        }
        extension::EARLY_DATA => Some(()),
        _ => {
            page.dump(indent, content);
            Some(())
        }
    }
}

fn renegotiation(page: &mut dyn Page, indent: usize, by_server: bool, value: &[u8]) -> Told {
    if value.is_empty() {
        line(page, indent, "<EMPTY>");
    } else if by_server {
        let (client, server) = value.split_at_checked(value.len() / 2).filter(|_| value.len().is_multiple_of(2))?;
        hex(page, indent, "client_verify_data", client);
        hex(page, indent, "server_verify_data", server);
    } else {
        hex(page, indent, "client_verify_data", value);
    }
    Some(())
}

fn key_shares(page: &mut dyn Page, indent: usize, by_server: bool, content: &[u8]) -> Told {
    let named = |group: u16| format!("NamedGroup: {} ({group})", names::group(group));
    // A HelloRetryRequest names a group only.
    if by_server && content.len() == 2 {
        line(page, indent, &named(number(&mut Reader(content))?));
        return Some(());
    }
    let mut shares = Reader(if by_server { content } else { only_vec(content, 2)? });
    while !shares.0.is_empty() {
        let (group, key) = (number(&mut shares)?, shares.vec16()?);
        line(page, indent, &named(group));
        hex(page, indent, "key_exchange: ", key);
    }
    (content.len() >= 2).then_some(())
}
