//! What the program's security callback answers, and who asks it.
//!
//! A callback's answers are collected when a handshake begins, and on a server when the ClientHello is there; the
//! settings then hold them in place of the security level. What has been agreed on is asked about once more.

use super::callback_types::SecurityCallback;
use super::certificate_slot::Owner;
use super::cipher;
use super::config::{Config, TLS1_2, TLS1_3};
use super::connection::Connection;
use super::error::{Error, INTERNAL_ERROR};
use super::failure::Verdict;
use super::handshake::abort;
use super::holder::Holder;
use super::own_certificate::OwnCertificate;
use super::reason;
use super::types::{SSL, SSL_CTX};
use crate::seam::Failure;
use crate::tls::cipher::{Suite, by_id};
use crate::tls::exchange::HelloAnswer;
use crate::tls::group::{self, Group};
use crate::tls::sigalg::{self, SigAlg};
use rustls::error::AlertDescription;
use std::ffi::{c_int, c_void};
use std::ptr::{fn_addr_eq, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `SSL_SECOP_*`: what is decided, with the kind of thing that goes with it.
pub(super) mod op {
    use std::ffi::c_int;
    const CIPHER: c_int = 1 << 16;
    const CURVE: c_int = 2 << 16;
    const PKEY: c_int = 4 << 16;
    const SIGALG: c_int = 5 << 16;
    const CERT: c_int = 6 << 16;
    pub(in super::super) const CIPHER_SUPPORTED: c_int = 1 | CIPHER;
    pub(in super::super) const CIPHER_SHARED: c_int = 2 | CIPHER;
    pub(in super::super) const CIPHER_CHECK: c_int = 3 | CIPHER;
    pub(in super::super) const CURVE_SUPPORTED: c_int = 4 | CURVE;
    pub(in super::super) const CURVE_SHARED: c_int = 5 | CURVE;
    pub(in super::super) const CURVE_CHECK: c_int = 6 | CURVE;
    pub(in super::super) const TMP_DH: c_int = 7 | PKEY;
    pub(in super::super) const VERSION: c_int = 9;
    pub(in super::super) const TICKET: c_int = 10;
    pub(in super::super) const SIGALG_SUPPORTED: c_int = 11 | SIGALG;
    pub(in super::super) const SIGALG_SHARED: c_int = 12 | SIGALG;
    pub(in super::super) const SIGALG_CHECK: c_int = 13 | SIGALG;
    pub(in super::super) const SIGALG_MASK: c_int = 14 | SIGALG;
    pub(in super::super) const COMPRESSION: c_int = 15;
    pub(in super::super) const EE_KEY: c_int = 16 | CERT;
    pub(in super::super) const CA_KEY: c_int = 17 | CERT;
    pub(in super::super) const CA_MD: c_int = 18 | CERT;
}

/// The supported_groups extension.
const SUPPORTED_GROUPS: u16 = 10;

/// The type of a callback that is there.
type Callback =
    unsafe extern "C" fn(*const SSL, *const SSL_CTX, c_int, c_int, c_int, *mut c_void, *mut c_void) -> c_int;

/// The callback as it is kept: none for the default one, whose answers are known.
pub(super) fn own_callback(callback: SecurityCallback, default: Callback) -> SecurityCallback {
    callback.filter(|&callback| !fn_addr_eq(callback, default))
}

/// Asks the callback for a context or a connection.
pub(crate) struct Judge {
    callback: Callback,
    ssl: *const SSL,
    context: *const SSL_CTX,
    argument: *mut c_void,
}

impl Judge {
    /// The judge of a connection or context, which must outlive it; none where the level decides.
    pub(crate) fn of(holder: &impl Holder) -> Option<Self> {
        let config = holder.settings();
        let (ssl, context) = holder.handles();
        Some(Self { callback: config.security_callback?, ssl, context, argument: config.security_ex_data.0 })
    }

    fn of_owner(owner: &Owner) -> Option<Self> {
        match owner {
            Owner::Context(context) => Self::of(&**context),
            Owner::Connection(ssl) => Self::of(&**ssl),
        }
    }

    /// Whether `operation` is allowed. What `other` points to goes with the operation.
    fn allows(&self, operation: c_int, bits: u32, nid: c_int, other: *mut c_void) -> bool {
        let bits = c_int::try_from(bits).unwrap_or(c_int::MAX);
        self.allows_signed(operation, bits, nid, other)
    }

    fn allows_signed(&self, operation: c_int, bits: c_int, nid: c_int, other: *mut c_void) -> bool {
        // SAFETY: the program's callback, as `SSL_CTX_set_security_callback(3)` wants it; the handles are live, and nothing
        // is locked.
        unsafe { (self.callback)(self.ssl, self.context, operation, bits, nid, other, self.argument) != 0 }
    }

    fn suite(&self, operation: c_int, suite: &'static Suite) -> bool {
        self.allows(operation, suite.enc.bits(), 0, cipher::to_c(suite).cast_mut().cast())
    }

    fn group(&self, operation: c_int, group: &Group) -> bool {
        let mut number = group.id.to_be_bytes();
        self.allows(operation, group.security_bits, super::group::nid(group.id), number.as_mut_ptr().cast())
    }

    fn scheme(&self, operation: c_int, sigalg: &SigAlg) -> bool {
        let mut number = sigalg.scheme.to_be_bytes();
        self.allows(operation, sigalg.security_bits(), sigalg.hash_nid(), number.as_mut_ptr().cast())
    }

    fn version(&self, version: u16) -> bool {
        self.allows(op::VERSION, 0, version.into(), null_mut())
    }

    /// Whether parameters for ephemeral Diffie-Hellman may be used.
    pub(crate) fn dh(&self, bits: c_int, parameters: *mut c_void) -> bool {
        self.allows_signed(op::TMP_DH, bits, 0, parameters)
    }
}

/// What a callback has allowed. A list that is missing has not been asked for yet.
#[derive(Debug)]
pub(crate) struct Answers {
    suites: Option<Vec<u16>>,
    groups: Option<Vec<u16>>,
    /// Schemes for own signatures.
    schemes: Option<Vec<u16>>,
    /// Schemes for signatures of the peer.
    requests: Option<Vec<u16>>,
    /// Schemes that make a kind of certificate usable in TLS 1.2.
    masks: Option<Vec<u16>>,
    versions: (bool, bool),
    tickets: bool,
    /// The suite agreed on has been asked about.
    suite_checked: AtomicBool,
}

fn listed(list: &Option<Vec<u16>>, number: u16) -> bool {
    list.as_ref().is_none_or(|list| list.contains(&number))
}

/// What the settings allow: by the answers where there are any, else by the level.
impl Config {
    /// Whether a suite is secure enough.
    pub(crate) fn allows_suite(&self, suite: &Suite) -> bool {
        self.security_answers
            .as_ref()
            .map_or_else(|| suite.allowed_at(self.level()), |answers| listed(&answers.suites, suite.id))
    }

    /// Whether a group is secure enough.
    pub(crate) fn allows_group(&self, group: &Group) -> bool {
        self.security_answers
            .as_ref()
            .map_or_else(|| group.allowed_at(self.level()), |answers| listed(&answers.groups, group.id))
    }

    /// Whether a signature algorithm is secure enough to ask the peer for.
    pub(crate) fn allows_request(&self, sigalg: &SigAlg) -> bool {
        self.security_answers
            .as_ref()
            .map_or_else(|| sigalg.allowed_at(self.level()), |answers| listed(&answers.requests, sigalg.scheme))
    }

    /// Whether a signature algorithm is secure enough to sign with.
    pub(crate) fn allows_scheme(&self, sigalg: &SigAlg) -> bool {
        self.security_answers
            .as_ref()
            .map_or_else(|| sigalg.allowed_at(self.level()), |answers| listed(&answers.schemes, sigalg.scheme))
    }

    /// Whether a signature algorithm lets certificates of its kind be used in TLS 1.2.
    pub(crate) fn allows_mask(&self, sigalg: &SigAlg) -> bool {
        self.security_answers
            .as_ref()
            .map_or_else(|| sigalg.allowed_at(self.level()), |answers| listed(&answers.masks, sigalg.scheme))
    }

    /// Whether TLS 1.2 and TLS 1.3 are secure enough; at each level they are.
    pub(crate) fn allows_versions(&self) -> (bool, bool) {
        self.security_answers.as_ref().map_or((true, true), |answers| answers.versions)
    }

    /// Whether session tickets of TLS 1.2, for which a key is kept, are secure enough.
    pub(crate) fn allows_tickets(&self) -> bool {
        const TICKETS_UP_TO: u8 = 2;
        self.security_answers.as_ref().map_or(self.level() <= TICKETS_UP_TO, |answers| answers.tickets)
    }
}

/// Asks the callback, if the program has set one, what may be used from now on. On a server before its ClientHello these
/// are only the versions.
pub(crate) fn ask(ssl: &Connection) {
    let Some(judge) = Judge::of(ssl) else { return };
    let answers = if ssl.is_server() { for_server(ssl, &judge) } else { for_client(ssl, &judge) };
    ssl.edit(|config| config.security_answers = Some(Arc::new(answers)));
}

/// As [`ask`], where another context's callback has come into force since.
pub(crate) fn ask_again(ssl: &Connection) {
    if ssl.config().security_answers.is_none() {
        ask(ssl);
    }
}

fn versions(judge: &Judge) -> (bool, bool) {
    (judge.version(TLS1_2), judge.version(TLS1_3))
}

/// The schemes that may be used, by number.
fn schemes(judge: &Judge, operation: c_int) -> Option<Vec<u16>> {
    let known = sigalg::supported_sigalgs();
    Some(known.filter(|sigalg| judge.scheme(operation, sigalg)).map(|sigalg| sigalg.scheme).collect())
}

fn for_client(ssl: &Connection, judge: &Judge) -> Answers {
    let config = ssl.config();
    let suites = config.ciphers.suites().iter();
    let groups = super::group::listed(&config).into_iter();
    let versions = versions(judge);
    let masks = schemes(judge, op::SIGALG_MASK);
    let suites = suites.filter(|suite| judge.suite(op::CIPHER_SUPPORTED, suite)).map(|suite| suite.id).collect();
    let groups = groups.filter(|group| judge.group(op::CURVE_SUPPORTED, group)).map(|group| group.id).collect();
    let tickets = judge.allows(op::TICKET, 0, 0, null_mut());
    let schemes = schemes(judge, op::SIGALG_SUPPORTED);
    Answers {
        suites: Some(suites),
        groups: Some(groups),
        requests: schemes.clone(),
        schemes,
        masks,
        versions,
        tickets,
        suite_checked: AtomicBool::new(false),
    }
}

fn for_server(ssl: &Connection, judge: &Judge) -> Answers {
    let mut answers = Answers {
        suites: None,
        groups: None,
        schemes: None,
        requests: None,
        masks: None,
        versions: versions(judge),
        tickets: true,
        suite_checked: AtomicBool::new(true),
    };
    let Some(hello) = ssl.facts.read().hello.clone() else { return answers };
    let tls13 = ssl.facts.read().version() == TLS1_3;
    answers.tickets = tls13 || judge.allows(op::TICKET, 0, 0, null_mut());
    answers.schemes = schemes(judge, op::SIGALG_SHARED);
    answers.masks = answers.schemes.clone();
    answers.requests = schemes(judge, op::SIGALG_SUPPORTED);
    let groups = hello.numbers(SUPPORTED_GROUPS);
    let groups = groups.iter().filter_map(|&id| group::by_id(id)).filter(|group| group.supported());
    let group_allowed = |group: &&Group| match tls13 {
        true => judge.group(op::CURVE_CHECK, group) && judge.group(op::CURVE_SUPPORTED, group),
        false => judge.group(op::CURVE_SHARED, group),
    };
    answers.groups = Some(groups.filter(group_allowed).map(|group| group.id).collect());
    let suites = hello.suites().filter_map(by_id).filter(|suite| suite.supported() && suite.is_tls13() == tls13);
    answers.suites = Some(suites.filter(|suite| judge.suite(op::CIPHER_SHARED, suite)).map(|suite| suite.id).collect());
    answers
}

/// Why a handshake must fail before it has begun: OpenSSL asks about the version that the connection has before one is
/// agreed on, tells the peer nothing, and needs a group and a signature algorithm.
pub(crate) fn beginning_failure(ssl: &Connection) -> Option<Verdict> {
    let config = ssl.config();
    config.security_callback?;
    let (tls12, tls13) = config.allows_versions();
    let first_is_allowed = if config.method_versions.1 == TLS1_3 { tls13 } else { tls12 };
    if !first_is_allowed {
        return Some(Verdict::silent(INTERNAL_ERROR));
    }
    if ssl.is_server() {
        return None;
    }
    if config.versions().1 && config.enabled_groups().is_empty() {
        return Some(Verdict::new(reason::NO_SUITABLE_GROUPS, AlertDescription::InternalError));
    }
    super::sigalg::accepted(&config, false).is_empty().then(|| {
        Error::Ssl(reason::NO_SUITABLE_SIGNATURE_ALGORITHM).report();
        Verdict::new(INTERNAL_ERROR, AlertDescription::InternalError)
    })
}

/// Server: fails when the callback leaves no group for the key exchange, or no signature algorithm that a client which is
/// asked for its certificate could use.
pub(crate) fn check_chosen(ssl: &Connection, asks_client: bool) -> Result<(), HelloAnswer> {
    let config = ssl.config();
    if config.security_callback.is_none() {
        return Ok(());
    }
    if config.enabled_groups().is_empty() {
        let tls13 = ssl.facts.read().version() == TLS1_3;
        let why = if tls13 { reason::NO_SUITABLE_KEY_SHARE } else { reason::NO_SHARED_CIPHER };
        return Err(abort(why, AlertDescription::HandshakeFailure));
    }
    if asks_client && super::sigalg::accepted(&config, true).is_empty() {
        Error::Ssl(reason::NO_SUITABLE_SIGNATURE_ALGORITHM).report();
        return Err(abort(INTERNAL_ERROR, AlertDescription::InternalError));
    }
    Ok(())
}

/// Client: why the handshake must fail, if the callback does not like the suite that the server has chosen.
pub(crate) fn suite_failure(ssl: &Connection) -> Option<Verdict> {
    let answers = ssl.config().security_answers.clone()?;
    let exchange = ssl.exchange.read().clone()?;
    let hello = exchange.record.lock().server_hello?;
    if answers.suite_checked.swap(true, Ordering::Relaxed) {
        return None;
    }
    let allowed =
        by_id(hello.suite).is_none_or(|suite| Judge::of(ssl).is_none_or(|judge| judge.suite(op::CIPHER_CHECK, suite)));
    (!allowed).then(|| Verdict::new(reason::WRONG_CIPHER_RETURNED, AlertDescription::IllegalParameter))
}

/// Whether the peer may use a group, or have a key on its curve, in TLS 1.2.
pub(crate) fn group_is_allowed(ssl: &Connection, id: u16) -> bool {
    let Some(judge) = Judge::of(ssl) else { return true };
    group::by_id(id).is_none_or(|group| judge.group(op::CURVE_CHECK, group))
}

/// Whether the peer may sign with a scheme.
pub(crate) fn scheme_is_allowed(ssl: &Connection, scheme: u16) -> bool {
    let Some(judge) = Judge::of(ssl) else { return true };
    sigalg::by_scheme(scheme).is_none_or(|sigalg| judge.scheme(op::SIGALG_CHECK, sigalg))
}

/// Whether an own certificate may be used, as a leaf or else as one of a chain.
pub(crate) fn own_certificate(owner: &Owner, certificate: &OwnCertificate, leaf: bool) -> Result<(), Error> {
    let Some(judge) = Judge::of_owner(owner) else {
        return certificate.check_strength(owner.config().level(), leaf);
    };
    let object = certificate.object().ok_or(Error::Queued)?;
    let (operation, too_small) =
        if leaf { (op::EE_KEY, reason::EE_KEY_TOO_SMALL) } else { (op::CA_KEY, reason::CA_KEY_TOO_SMALL) };
    if !judge.allows_signed(operation, object.key_security_bits(), 0, object.as_ptr().cast()) {
        return Err(Error::Ssl(too_small));
    }
    if object.is_self_signed() {
        return Ok(());
    }
    let (bits, nid) = object.signature_info().map_or((-1, 0), |info| {
        (info.security_bits, if info.digest_nid == 0 { info.key_nid } else { info.digest_nid })
    });
    match judge.allows_signed(op::CA_MD, bits, nid, object.as_ptr().cast()) {
        true => Ok(()),
        false => Err(Error::Ssl(reason::CA_MD_TOO_WEAK)),
    }
}
