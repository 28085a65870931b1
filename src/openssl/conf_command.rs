//! The commands of `SSL_CONF_cmd(3)`: names, what they take, what they do.

use super::cipher_list::{self, SSL_CTX_set_cipher_list, SSL_CTX_set_ciphersuites};
use super::conf::{Object, Run, flag};
use super::conf_file;
use super::config::{Config, op};
use super::error::Error;
use super::{absent::padding, group, options, sigalg};
use std::ffi::{CStr, c_int};

/// A command.
pub(crate) struct Command {
    /// Its name in files.
    file: Option<&'static str>,
    /// Its name on command lines, without the dash.
    line: Option<&'static str>,
    /// The `SSL_CONF_FLAG_*` bits without which it is unknown.
    needs: u32,
    /// What it does.
    pub(crate) effect: Effect,
}

/// What a command does.
pub(crate) enum Effect {
    /// Sets or clears bits; it takes no value.
    Switch(Bits),
    /// Does something with a value of this type.
    Value(ValueType, fn(&Run<'_>, &CStr) -> Result<(), Error>),
}

/// `SSL_CONF_TYPE_*`.
#[derive(Clone, Copy)]
pub(crate) enum ValueType {
    String = 1,
    File = 2,
    Folder = 3,
    Store = 5,
}

/// `SSL_CONF_TYPE_NONE`.
const TYPE_NONE: c_int = 4;

impl Command {
    /// `SSL_CONF_cmd_value_type`.
    pub(crate) fn value_type(&self) -> c_int {
        match self.effect {
            Effect::Switch(_) => TYPE_NONE,
            Effect::Value(kind, _) => kind as c_int,
        }
    }
}

/// Bits of a context's or connection's settings, and what "on" means for them.
#[derive(Clone, Copy)]
pub(crate) enum Bits {
    /// Sets options.
    Option(u64),
    /// Clears options: their names say "no".
    NoOption(u64),
    /// Sets certificate flags.
    CertFlag(u32),
}

impl Bits {
    /// Switches them on or off.
    pub(crate) fn apply(self, config: &mut Config, on: bool) {
        match (self, on) {
            (Bits::Option(bits), true) | (Bits::NoOption(bits), false) => config.options |= bits,
            (Bits::Option(bits), false) | (Bits::NoOption(bits), true) => config.options &= !bits,
            (Bits::CertFlag(bits), true) => config.cert_flags |= bits,
            (Bits::CertFlag(bits), false) => config.cert_flags &= !bits,
        }
    }
}

const BOTH: u32 = 0;

const fn switch(line: &'static str, needs: u32, bits: Bits) -> Command {
    Command { file: None, line: Some(line), needs, effect: Effect::Switch(bits) }
}

const fn text(
    file: &'static str,
    line: Option<&'static str>,
    needs: u32,
    set: fn(&Run<'_>, &CStr) -> Result<(), Error>,
) -> Command {
    Command { file: Some(file), line, needs, effect: Effect::Value(ValueType::String, set) }
}

const fn of(
    kind: ValueType,
    file: &'static str,
    line: Option<&'static str>,
    needs: u32,
    set: fn(&Run<'_>, &CStr) -> Result<(), Error>,
) -> Command {
    Command { file: Some(file), line, needs: needs | flag::CERTIFICATE, effect: Effect::Value(kind, set) }
}

/// `SSL_CERT_FLAG_TLS_STRICT`.
const TLS_STRICT: u32 = 1;

/// All commands. A name stands only once for each side.
static COMMANDS: &[Command] = &[
    switch("no_ssl3", BOTH, Bits::Option(op::NO_SSLV3)),
    switch("no_tls1", BOTH, Bits::Option(op::NO_TLSV1)),
    switch("no_tls1_1", BOTH, Bits::Option(op::NO_TLSV1_1)),
    switch("no_tls1_2", BOTH, Bits::Option(op::NO_TLSV1_2)),
    switch("no_tls1_3", BOTH, Bits::Option(op::NO_TLSV1_3)),
    switch("bugs", BOTH, Bits::Option(op::ALL)),
    switch("no_comp", BOTH, Bits::Option(op::NO_COMPRESSION)),
    switch("comp", BOTH, Bits::NoOption(op::NO_COMPRESSION)),
    switch("ecdh_single", flag::SERVER, Bits::Option(0)),
    switch("no_ticket", BOTH, Bits::Option(op::NO_TICKET)),
    switch("serverpref", flag::SERVER, Bits::Option(op::CIPHER_SERVER_PREFERENCE)),
    switch("legacy_renegotiation", BOTH, Bits::Option(op::ALLOW_UNSAFE_LEGACY_RENEGOTIATION)),
    switch("client_renegotiation", flag::SERVER, Bits::Option(op::ALLOW_CLIENT_RENEGOTIATION)),
    switch("legacy_server_connect", flag::CLIENT, Bits::Option(op::LEGACY_SERVER_CONNECT)),
    switch("no_renegotiation", BOTH, Bits::Option(op::NO_RENEGOTIATION)),
    switch("no_resumption_on_reneg", flag::SERVER, Bits::Option(op::NO_RESUMPTION_ON_RENEGOTIATION)),
    switch("no_legacy_server_connect", flag::CLIENT, Bits::NoOption(op::LEGACY_SERVER_CONNECT)),
    switch("allow_no_dhe_kex", BOTH, Bits::Option(op::ALLOW_NO_DHE_KEX)),
    switch("prioritize_chacha", flag::SERVER, Bits::Option(op::PRIORITIZE_CHACHA)),
    switch("strict", BOTH, Bits::CertFlag(TLS_STRICT)),
    switch("no_middlebox", BOTH, Bits::NoOption(op::ENABLE_MIDDLEBOX_COMPAT)),
    switch("anti_replay", flag::SERVER, Bits::NoOption(op::NO_ANTI_REPLAY)),
    switch("no_anti_replay", flag::SERVER, Bits::Option(op::NO_ANTI_REPLAY)),
    switch("no_etm", BOTH, Bits::Option(op::NO_ENCRYPT_THEN_MAC)),
    text("SignatureAlgorithms", Some("sigalgs"), BOTH, signature_algorithms),
    text("ClientSignatureAlgorithms", Some("client_sigalgs"), BOTH, client_signature_algorithms),
    text("Curves", Some("curves"), BOTH, groups),
    text("Groups", Some("groups"), BOTH, groups),
    text("ECDHParameters", Some("named_curve"), flag::SERVER, ecdh_parameters),
    text("CipherString", Some("cipher"), BOTH, cipher_string),
    text("Ciphersuites", Some("ciphersuites"), BOTH, ciphersuites),
    text("Protocol", None, BOTH, protocol),
    text("MinProtocol", Some("min_protocol"), BOTH, min_protocol),
    text("MaxProtocol", Some("max_protocol"), BOTH, max_protocol),
    text("Options", None, BOTH, set_options),
    text("VerifyMode", None, BOTH, verify_mode),
    of(ValueType::File, "Certificate", Some("cert"), BOTH, conf_file::certificate),
    of(ValueType::File, "PrivateKey", Some("key"), BOTH, conf_file::private_key),
    of(ValueType::File, "ServerInfoFile", None, flag::SERVER, conf_file::server_info),
    of(ValueType::Folder, "ChainCAPath", Some("chainCApath"), BOTH, conf_file::chain_ca_path),
    of(ValueType::File, "ChainCAFile", Some("chainCAfile"), BOTH, conf_file::chain_ca_file),
    of(ValueType::Store, "ChainCAStore", Some("chainCAstore"), BOTH, conf_file::chain_ca_store),
    of(ValueType::Folder, "VerifyCAPath", Some("verifyCApath"), BOTH, conf_file::verify_ca_path),
    of(ValueType::File, "VerifyCAFile", Some("verifyCAfile"), BOTH, conf_file::verify_ca_file),
    of(ValueType::Store, "VerifyCAStore", Some("verifyCAstore"), BOTH, conf_file::verify_ca_store),
    of(ValueType::File, "RequestCAFile", Some("requestCAFile"), BOTH, conf_file::request_ca_file),
    of(ValueType::File, "ClientCAFile", None, flag::SERVER, conf_file::request_ca_file),
    of(ValueType::Folder, "RequestCAPath", None, BOTH, conf_file::request_ca_path),
    of(ValueType::Folder, "ClientCAPath", None, flag::SERVER, conf_file::request_ca_path),
    of(ValueType::Store, "RequestCAStore", Some("requestCAStore"), BOTH, conf_file::request_ca_store),
    of(ValueType::Store, "ClientCAStore", None, flag::SERVER, conf_file::request_ca_store),
    of(ValueType::File, "DHParameters", Some("dhparam"), flag::SERVER, conf_file::dh_parameters),
    text("RecordPadding", Some("record_padding"), BOTH, record_padding),
    text("NumTickets", Some("num_tickets"), flag::SERVER, num_tickets),
];

/// The command with this name, if the flags allow it. Files do not regard case.
pub(crate) fn find(flags: u32, name: &[u8]) -> Option<&'static Command> {
    let named = |command: &&Command| {
        let line = flags & flag::CMDLINE != 0 && command.line.is_some_and(|line| line.as_bytes() == name);
        let file =
            flags & flag::FILE != 0 && command.file.is_some_and(|file| file.as_bytes().eq_ignore_ascii_case(name));
        line || file
    };
    COMMANDS.iter().filter(|command| command.needs & !flags == 0).find(named)
}

fn signature_algorithms(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let schemes = sigalg::from_names(Some(value))?;
    run.object.change(|config| config.sigalgs = Some(schemes));
    Ok(())
}

fn client_signature_algorithms(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let schemes = sigalg::from_names(Some(value))?;
    run.object.change(|config| config.client_sigalgs = Some(schemes));
    Ok(())
}

fn groups(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let groups = group::from_names(Some(value))?;
    run.object.change(|config| config.groups = Some(groups));
    Ok(())
}

/// One group. The words for choosing by itself, from before OpenSSL 1.1, mean what is done anyway.
fn ecdh_parameters(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let name = value.to_bytes();
    let automatic = name.eq_ignore_ascii_case(b"automatic") || name.eq_ignore_ascii_case(b"+automatic");
    if (run.flags & flag::FILE != 0 && automatic) || (run.flags & flag::CMDLINE != 0 && name == b"auto") {
        return Ok(());
    }
    if name.contains(&b':') {
        return Err(Error::Silent);
    }
    match run.object {
        Object::None => Ok(()),
        _ => groups(run, value),
    }
}

fn cipher_string(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    run.object.call(value.as_ptr(), SSL_CTX_set_cipher_list, cipher_list::SSL_set_cipher_list)
}

fn ciphersuites(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    run.object.call(value.as_ptr(), SSL_CTX_set_ciphersuites, cipher_list::SSL_set_ciphersuites)
}

/// A version that limits can name.
enum Version {
    Tls(u16),
    Dtls,
}

fn version(value: &CStr) -> Result<Version, Error> {
    Ok(Version::Tls(match value.to_bytes() {
        b"None" => 0,
        b"SSLv3" => 0x0300,
        b"TLSv1" => 0x0301,
        b"TLSv1.1" => 0x0302,
        b"TLSv1.2" => 0x0303,
        b"TLSv1.3" => 0x0304,
        b"DTLSv1" | b"DTLSv1.2" => return Ok(Version::Dtls),
        _ => return Err(Error::Silent),
    }))
}

fn min_protocol(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    match (&run.object, version(value)?) {
        (Object::None, _) => Err(Error::Silent),
        // A limit for DTLS leaves TLS alone; one section of a file may serve both.
        (_, Version::Dtls) => Ok(()),
        (Object::Context(context), Version::Tls(version)) => {
            options::set_min_version(&**context, version.into()).map(|_| ())
        }
        (Object::Connection(ssl), Version::Tls(version)) => {
            options::set_min_version(&**ssl, version.into()).map(|_| ())
        }
    }
}

fn max_protocol(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    match (&run.object, version(value)?) {
        (Object::None, _) => Err(Error::Silent),
        (_, Version::Dtls) => Ok(()),
        (Object::Context(context), Version::Tls(version)) => {
            options::set_max_version(&**context, version.into()).map(|_| ())
        }
        (Object::Connection(ssl), Version::Tls(version)) => {
            options::set_max_version(&**ssl, version.into()).map(|_| ())
        }
    }
}

/// A word of a list, the sides it is for, and what it stands for.
type Word<T> = (&'static str, u32, T);

const EITHER: u32 = flag::CLIENT | flag::SERVER;

/// `SSL_OP_NO_SSL_MASK`.
const NO_VERSION: u64 = op::NO_SSLV3 | op::NO_TLSV1 | op::NO_TLSV1_1 | op::NO_TLSV1_2 | op::NO_TLSV1_3;

const PROTOCOLS: [Word<Bits>; 9] = [
    ("ALL", EITHER, Bits::NoOption(NO_VERSION)),
    ("SSLv2", EITHER, Bits::NoOption(0)),
    ("SSLv3", EITHER, Bits::NoOption(op::NO_SSLV3)),
    ("TLSv1", EITHER, Bits::NoOption(op::NO_TLSV1)),
    ("TLSv1.1", EITHER, Bits::NoOption(op::NO_TLSV1_1)),
    ("TLSv1.2", EITHER, Bits::NoOption(op::NO_TLSV1_2)),
    ("TLSv1.3", EITHER, Bits::NoOption(op::NO_TLSV1_3)),
    ("DTLSv1", EITHER, Bits::NoOption(op::NO_TLSV1)),
    ("DTLSv1.2", EITHER, Bits::NoOption(op::NO_TLSV1_2)),
];

const OPTIONS: [Word<Bits>; 20] = [
    ("SessionTicket", EITHER, Bits::NoOption(op::NO_TICKET)),
    ("EmptyFragments", EITHER, Bits::NoOption(op::DONT_INSERT_EMPTY_FRAGMENTS)),
    ("Bugs", EITHER, Bits::Option(op::ALL)),
    ("Compression", EITHER, Bits::NoOption(op::NO_COMPRESSION)),
    ("ServerPreference", flag::SERVER, Bits::Option(op::CIPHER_SERVER_PREFERENCE)),
    ("NoResumptionOnRenegotiation", flag::SERVER, Bits::Option(op::NO_RESUMPTION_ON_RENEGOTIATION)),
    ("DHSingle", flag::SERVER, Bits::Option(0)),
    ("ECDHSingle", flag::SERVER, Bits::Option(0)),
    ("UnsafeLegacyRenegotiation", EITHER, Bits::Option(op::ALLOW_UNSAFE_LEGACY_RENEGOTIATION)),
    ("UnsafeLegacyServerConnect", EITHER, Bits::Option(op::LEGACY_SERVER_CONNECT)),
    ("ClientRenegotiation", EITHER, Bits::Option(op::ALLOW_CLIENT_RENEGOTIATION)),
    ("EncryptThenMac", EITHER, Bits::NoOption(op::NO_ENCRYPT_THEN_MAC)),
    ("NoRenegotiation", EITHER, Bits::Option(op::NO_RENEGOTIATION)),
    ("AllowNoDHEKEX", EITHER, Bits::Option(op::ALLOW_NO_DHE_KEX)),
    ("PrioritizeChaCha", EITHER, Bits::Option(op::PRIORITIZE_CHACHA)),
    ("MiddleboxCompat", EITHER, Bits::Option(op::ENABLE_MIDDLEBOX_COMPAT)),
    ("AntiReplay", EITHER, Bits::NoOption(op::NO_ANTI_REPLAY)),
    ("ExtendedMasterSecret", EITHER, Bits::NoOption(op::NO_EXTENDED_MASTER_SECRET)),
    ("CANames", EITHER, Bits::NoOption(op::DISABLE_TLSEXT_CA_NAMES)),
    ("KTLS", EITHER, Bits::Option(op::ENABLE_KTLS)),
];

/// `SSL_VERIFY_PEER`.
const PEER: c_int = 1;
/// `SSL_VERIFY_FAIL_IF_NO_PEER_CERT`.
const FAIL_IF_NONE: c_int = 2;
/// `SSL_VERIFY_CLIENT_ONCE`.
const ONCE: c_int = 4;

const VERIFY_MODES: [Word<c_int>; 4] = [
    ("Peer", flag::CLIENT, PEER),
    ("Request", flag::SERVER, PEER),
    ("Require", flag::SERVER, PEER | FAIL_IF_NONE),
    ("Once", flag::SERVER, PEER | ONCE),
];

/// Goes through a list of words between commas, each switched off by `-` and on by `+` or nothing.
fn each_word<T: Copy>(
    run: &Run<'_>,
    value: &CStr,
    words: &[Word<T>],
    apply: impl Fn(&mut Config, T, bool),
) -> Result<(), Error> {
    for element in value.to_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
        let (name, on) = match element {
            [b'-', name @ ..] => (name, false),
            [b'+', name @ ..] => (name, true),
            name => (name, true),
        };
        let known =
            words.iter().find(|(word, sides, _)| sides & run.flags != 0 && word.as_bytes().eq_ignore_ascii_case(name));
        let &(_, _, meaning) = known.ok_or(Error::Silent)?;
        run.object.change(|config| apply(config, meaning, on));
    }
    Ok(())
}

fn protocol(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    each_word(run, value, &PROTOCOLS, |config, bits, on| bits.apply(config, on))
}

fn set_options(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    each_word(run, value, &OPTIONS, |config, bits, on| bits.apply(config, on))
}

fn verify_mode(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let wanted = value.to_bytes();
    if wanted.windows(b"PostHandshake".len()).any(|part| part.eq_ignore_ascii_case(b"PostHandshake")) {
        return Err(Error::Refused("post-handshake authentication (VerifyMode)"));
    }
    each_word(run, value, &VERIFY_MODES, |config, bits, on| {
        let mode = &mut config.verify.mode;
        *mode = if on { *mode | bits } else { *mode & !bits };
    })
}

/// A number as C's `atoi` reads it: what is behind the digits is ignored, and no digits are 0.
fn number(value: &CStr) -> c_int {
    let text = value.to_bytes().trim_ascii_start();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let magnitude = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_i64, |sum, &digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    (if negative { -magnitude } else { magnitude }) as c_int
}

fn record_padding(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    // More than a record holds is an error also where padding is supported.
    let size = usize::try_from(number(value)).ok().filter(|&size| size <= 16384).ok_or(Error::Silent)?;
    match &run.object {
        Object::None => Err(Error::Silent),
        object => object.call(size, padding::SSL_CTX_set_block_padding, padding::SSL_set_block_padding),
    }
}

fn num_tickets(run: &Run<'_>, value: &CStr) -> Result<(), Error> {
    let count = usize::try_from(number(value)).map_err(|_| Error::Silent)?;
    run.object.change(|config| config.num_tickets = count).ok_or(Error::Silent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_rules() {
        let found = |flags, name: &str| find(flags, name.as_bytes()).is_some();
        assert!(found(flag::FILE, "minprotocol") && !found(flag::FILE, "min_protocol"));
        assert!(found(flag::CMDLINE, "min_protocol") && !found(flag::CMDLINE, "Min_Protocol"));
        assert!(!found(0, "MinProtocol"));
        assert!(!found(flag::FILE, "NumTickets") && found(flag::FILE | flag::SERVER, "NumTickets"));
        assert!(!found(flag::FILE, "no_ticket"));
    }

    #[test]
    fn numbers_as_atoi() {
        let cases =
            [(c"12", 12), (c" -3x", -3), (c"x", 0), (c"", 0), (c"4294967296", 0), (c"99999999999999999999", -1)];
        for (text, value) in cases {
            assert_eq!(number(text), value, "{text:?}");
        }
    }
}
