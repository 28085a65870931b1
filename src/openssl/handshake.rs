//! Handshakes: `SSL_connect`, `SSL_accept`, `SSL_do_handshake`, and what rustls asks on the way.

use super::callbacks;
use super::config::{TLS1_2, TLS1_3, op};
use super::connection::{Connection, Phase, Task, share, shut, want};
use super::error::{Error, INTERNAL_ERROR, SHOULD_NOT_HAVE_BEEN_CALLED, guard};
use super::failure::{self, Heard, Verdict};
use super::reason;
use super::types::SSL;
use super::{
    alpn, certificate, client_hello, group, ocsp, progress, security_check, server_name, session, ticket, verify,
};
use crate::libcrypto::bio::{BioTransport, clear_errno};
use crate::libcrypto::err;
use crate::seam::{Failure, Handle};
use crate::tls::cipher::{Suite, by_id};
use crate::tls::error::Error as TlsError;
use crate::tls::exchange::{Application, CredentialAnswer, Exchange, HelloAnswer, Pause, Policy, VerifyAnswer};
use crate::tls::handshake::{Handshake, Progress, send_plain};
use crate::tls::hello::Hello;
use crate::tls::new_ticket::Ticket;
use crate::tls::provider::FALLBACK_SCSV;
use crate::tls::traffic::{Established, Facts};
use rustls::crypto::{SelectedCredential, SignatureScheme};
use rustls::error::AlertDescription;
use rustls::pki_types::CertificateDer;
use std::ffi::c_int;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// `SSL_do_handshake(3)` and its relatives: does what is to be done before data can flow, as far as the transport
/// allows. 1: it is done; 0: the method has no such handshake; below 0: failed, or to be called again.
pub(crate) fn drive(ssl: &Arc<Connection>) -> c_int {
    match ssl.task() {
        Task::Unset => {
            Error::Ssl(reason::CONNECTION_TYPE_NOT_SET).report();
            -1
        }
        _ if !ssl.in_init() => 1,
        Task::Undefined => {
            Error::Ssl(SHOULD_NOT_HAVE_BEEN_CALLED).report();
            0
        }
        Task::Connect | Task::Accept => run(ssl),
    }
}

fn run(ssl: &Arc<Connection>) -> c_int {
    clear_errno();
    let begins = match &mut *ssl.phase.lock() {
        Phase::Failed => return -1,
        Phase::Open => None,
        Phase::Handshaking(slot) => match slot.take() {
            Some(handshake) => Some(Some(handshake)),
            // Called from inside one of its own callbacks, or by two threads at once.
            None => return -1,
        },
        phase @ Phase::Idle => {
            *phase = Phase::Handshaking(None);
            Some(None)
        }
    };
    // What is in the queue after this call is its own.
    err::clear();
    let handshake = match begins {
        None => return super::io::send_waiting(ssl),
        Some(Some(handshake)) => handshake,
        Some(None) => match begin(ssl) {
            Ok(mut handshake) => {
                if ssl.seen_record.load(Ordering::Relaxed) {
                    handshake.continue_stream();
                }
                Box::new(handshake)
            }
            Err(verdict) => {
                failure::end(ssl, verdict, |alert| alert.map(|alert| send_plain(&mut ssl.transport(), alert)));
                callbacks::handshake_stopped(ssl, -1);
                return -1;
            }
        },
    };
    // As OpenSSL's state machine: what callers look at afterwards is about this call.
    err::clear();
    ssl.set_want(want::NOTHING);
    let mut transport = ssl.transport();
    step_until_blocked(ssl, handshake, &mut transport)
}

/// Starts the handshake.
fn begin(ssl: &Arc<Connection>) -> Result<Handshake, Verdict> {
    if ssl.facts.read().agreed.is_some() {
        session::connection_cleared(ssl);
        ssl.begin_again();
    } else {
        ssl.forget_end();
    }
    callbacks::handshake_started(ssl);
    session::begun(ssl);
    super::cipher_list::follow_context(ssl);
    security_check::ask(ssl);
    let exchange = Exchange::new(Box::new(Asked(ssl.weak())));
    *ssl.exchange.write() = Some(exchange.clone());
    let config = ssl.config();
    *exchange.policy.lock() = policy(ssl);
    callbacks::watch(ssl);
    if config.method_versions.1 < TLS1_2 {
        return Err(Verdict::of(Error::Refused("TLS 1.1 and older"), AlertDescription::ProtocolVersion));
    }
    if let Some(verdict) = security_check::beginning_failure(ssl) {
        return Err(verdict);
    }
    if config.versions() == (false, false) {
        return Err(Verdict::new(reason::NO_PROTOCOLS_AVAILABLE, AlertDescription::ProtocolVersion));
    }
    if !config.serves_highest_version() {
        let text = "No ciphers enabled for max supported SSL/TLS version".to_owned();
        let error = Error::SslData(reason::NO_CIPHERS_AVAILABLE, text);
        let alert = if ssl.is_server() { AlertDescription::HandshakeFailure } else { AlertDescription::InternalError };
        return Err(Verdict::of(error, alert));
    }
    if ssl.is_server() {
        progress::begun(ssl);
        return Ok(Handshake::server(exchange, config.read_ahead));
    }
    let internal = |text| Verdict::of(Error::SslData(INTERNAL_ERROR, text), AlertDescription::InternalError);
    let settings = config.settings();
    let is_tls13 = |&suite: &u16| by_id(suite).is_some_and(Suite::is_tls13);
    let for_pss_keys = |scheme: &SignatureScheme| matches!(scheme.0, 0x0809..=0x080b);
    // rustls leaves the schemes of RSA-PSS keys out of a hello for TLS 1.2 alone; a hello without any is malformed.
    if !settings.suites.iter().any(is_tls13) && exchange.policy.lock().verify_schemes.iter().all(for_pss_keys) {
        let error = Error::Refused("signature algorithms of RSA-PSS keys alone, in TLS 1.2 alone");
        return Err(Verdict::of(error, AlertDescription::InternalError));
    }
    let rustls_config = ssl.context().client_config(&settings).map_err(|error| internal(error.to_string()))?;
    *exchange.offer.lock() = session::offer(ssl);
    let name = server_name::to_send(ssl).map_err(|error| Verdict::of(error, AlertDescription::InternalError))?;
    let handshake = Handshake::client(exchange, &rustls_config, name, config.alpn.names(), config.read_ahead)
        .map_err(|error| internal(format!("{error:?}")))?;
    session::hello_made(ssl, handshake.pending());
    progress::begun(ssl);
    Ok(handshake)
}

/// What the connection may do, from its settings.
fn policy(ssl: &Arc<Connection>) -> Policy {
    let config = ssl.config();
    Policy {
        verify_schemes: super::sigalg::accepted(&config, ssl.is_server()),
        curves: group::for_peers_key(ssl),
        client_auth: verify::client_auth(ssl),
        prefer_server_suites: config.options & op::CIPHER_SERVER_PREFERENCE != 0,
        prioritize_chacha: config.options & op::PRIORITIZE_CHACHA != 0,
        prefer_server_groups: group::server_decides(&config),
        late_credential: certificate::decides_late(ssl),
        request_ocsp: ocsp::requested(ssl),
        log_keys: callbacks::wants_keys(ssl),
        new_session_id: session::new_id(ssl),
        hidden: session::hidden_extensions(ssl),
        resumed_suite: session::resumed_suite(ssl),
    }
}

/// What a step of the handshake leads to.
enum Next {
    Step,
    /// The call ends; `SSL_want` is this.
    Stop(u8),
    Done(Box<Established>),
    Fail(Verdict),
}

fn step_until_blocked(ssl: &Arc<Connection>, mut handshake: Box<Handshake>, transport: &mut BioTransport) -> c_int {
    loop {
        handshake.deaf = ssl.has_shutdown(shut::RECEIVED);
        let outcome = handshake.step(transport);
        ssl.seen_record.fetch_or(handshake.has_seen_record(), Ordering::Relaxed);
        if handshake.pending().is_empty() {
            progress::flight_sent(ssl);
        }
        session::note_answer(ssl);
        match outcome {
            Ok(Progress::Paused(_)) => callbacks::before_choice(ssl),
            _ => callbacks::after_step(ssl),
        }
        session::after_step(ssl);
        let failure = session::ticket_failure(ssl).or_else(|| security_check::suite_failure(ssl));
        let next = match failure.filter(|_| outcome.is_ok()) {
            Some(verdict) => {
                handshake.forget_plain_flight();
                Next::Fail(verdict)
            }
            None => after_step(ssl, outcome, transport),
        };
        match next {
            Next::Step => {}
            Next::Done(established) => return complete(ssl, *established),
            Next::Stop(wanted) => {
                ssl.set_want(wanted);
                if let Phase::Handshaking(slot) = &mut *ssl.phase.lock() {
                    *slot = Some(handshake);
                }
                break;
            }
            Next::Fail(verdict) => {
                let in_record = verdict.in_record;
                failure::end(ssl, verdict, |alert| handshake.abort(transport, alert));
                if in_record {
                    ssl.set_want(want::READING);
                }
                session::handshake_failed(ssl);
                break;
            }
        }
    }
    callbacks::handshake_stopped(ssl, -1);
    -1
}

fn after_step(ssl: &Arc<Connection>, outcome: Result<Progress, TlsError>, transport: &BioTransport) -> Next {
    // An alert tells more than what rustls made of it.
    match failure::hear_protected(ssl) {
        Heard::Ignored => {}
        Heard::Goodbye => return Next::Stop(want::READING),
        Heard::Fatal(verdict) => return Next::Fail(verdict),
    }
    match outcome {
        Ok(Progress::Stepped) => Next::Step,
        Ok(Progress::Done(established)) => Next::Done(established),
        Ok(Progress::WantRead | Progress::Unheard) => Next::Stop(want::READING),
        Ok(Progress::WantWrite) => Next::Stop(want::WRITING),
        Ok(Progress::Paused(Pause::ClientHello)) => Next::Stop(want::CLIENT_HELLO_CB),
        Ok(Progress::Paused(Pause::Certificate)) => Next::Stop(want::X509_LOOKUP),
        Ok(Progress::Paused(Pause::Verify)) => Next::Stop(want::RETRY_VERIFY),
        // OpenSSL puts a buffer above the write BIO, and so does not notice here that there is none.
        Ok(Progress::SendFailed) => Next::Stop(want::WRITING),
        Ok(Progress::ReceiveFailed) => match failure::missing_bio(transport) {
            Some(verdict) => Next::Fail(verdict),
            None => Next::Stop(want::READING),
        },
        Ok(Progress::Eof) => match failure::end_of_stream(ssl) {
            Some(verdict) => Next::Fail(verdict),
            None => Next::Stop(want::READING),
        },
        Ok(Progress::Alert(level, description)) => match failure::hear(ssl, &[level, description]) {
            Heard::Ignored => Next::Step,
            Heard::Goodbye => Next::Stop(want::READING),
            Heard::Fatal(verdict) => Next::Fail(verdict),
        },
        Err(error) => Next::Fail(failure::verdict(ssl, &error)),
    }
}

/// Puts the halves in their places and tells everybody.
fn complete(ssl: &Arc<Connection>, established: Established) -> c_int {
    let Established { receiver, sender, facts, exporter } = established;
    let facts = Arc::new(facts);
    {
        let mut known = ssl.facts.write();
        known.handshakes += 1;
        if known.alpn.is_none() {
            known.alpn = facts.alpn.as_deref().map(Arc::from);
        }
        if !facts.peer_chain.is_empty() {
            known.peer_chain = Some(Arc::new(facts.peer_chain.clone()));
        }
        if let Some(exchange) = &*ssl.exchange.read() {
            let mut record = exchange.record.lock();
            known.client_random = record.client_random;
            known.server_random = record.server_hello.map(|hello| hello.random);
            known.peer_scheme = record.peer_scheme.map(|scheme| scheme.0);
            known.own_scheme = record.own_scheme.map(|scheme| scheme.0);
            known.certificate_requested = record.certificate_requested;
            known.master_secret = record.master_secret.take().map(Arc::new);
            known.finished = finished(&record.finished, facts.version, facts.resumed);
        }
        known.agreed = Some(facts);
    }
    ssl.receiver.replace(Some(Box::new(receiver)));
    ssl.sender.replace(Some(Box::new(sender)));
    *ssl.exporter.lock() = exporter;
    session::handshake_complete(ssl);
    *ssl.phase.lock() = Phase::Open;
    callbacks::handshake_complete(ssl);
    1
}

/// The Finished values of client and server among those computed: in TLS 1.3 and in TLS 1.2's resumption the server's
/// is made first.
fn finished(computed: &[Vec<u8>], version: u16, resumed: bool) -> Option<(Vec<u8>, Vec<u8>)> {
    let [.., first, second] = computed else { return None };
    Some(if version == TLS1_3 || resumed { (second.clone(), first.clone()) } else { (first.clone(), second.clone()) })
}

/// Answers the TLS code's questions for one connection.
struct Asked(Weak<Connection>);

impl Asked {
    fn ssl(&self) -> Option<Arc<Connection>> {
        self.0.upgrade()
    }
}

impl Application for Asked {
    fn client_hello(&self, hello: &Hello) -> HelloAnswer {
        match self.ssl() {
            Some(ssl) => answer_hello(&ssl, hello).unwrap_or_else(|answer| answer),
            None => HelloAnswer::Abort(None),
        }
    }

    fn verify_peer(&self, chain: &[CertificateDer<'_>], ocsp: &[u8]) -> VerifyAnswer {
        let Some(ssl) = self.ssl() else { return VerifyAnswer::Refuse(AlertDescription::InternalError) };
        let chain: Vec<Vec<u8>> = chain.iter().map(|certificate| certificate.to_vec()).collect();
        {
            let mut facts = ssl.facts.write();
            facts.peer_chain = Some(Arc::new(chain));
            facts.ocsp_response = (!ocsp.is_empty()).then(|| Arc::new(ocsp.to_vec()));
        }
        // What has come so far is told up to the certificates, what comes after them when they are accepted.
        callbacks::after_step(&ssl);
        if let Some(alert) = server_name::answered(&ssl) {
            return verify::refuse(reason::CALLBACK_FAILED, alert);
        }
        let answer = verify::verify_peer(&ssl);
        if matches!(answer, VerifyAnswer::Accept) {
            progress::verified(&ssl);
        }
        answer
    }

    fn server_resumed(&self, version: u16) -> VerifyAnswer {
        let Some(ssl) = self.ssl() else { return VerifyAnswer::Refuse(AlertDescription::InternalError) };
        match server_name::answered(&ssl) {
            Some(alert) => verify::refuse(reason::CALLBACK_FAILED, alert),
            None if version == TLS1_3 => verify::resumed(&ssl),
            None => VerifyAnswer::Accept,
        }
    }

    fn verify_signature(&self, key: &[u8], scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> Option<bool> {
        verify::verify_signature(&*self.ssl()?, key, scheme, message, signature)
    }

    fn allows_group(&self, group: u16) -> bool {
        self.ssl().is_some_and(|ssl| security_check::group_is_allowed(&ssl, group))
    }

    fn allows_scheme(&self, scheme: SignatureScheme) -> bool {
        self.ssl().is_some_and(|ssl| security_check::scheme_is_allowed(&ssl, scheme.0))
    }

    fn server_credential(&self, schemes: &[SignatureScheme]) -> Result<SelectedCredential, rustls::Error> {
        let ssl = self.ssl().ok_or(rustls::Error::HandshakeNotComplete)?;
        ocsp::staple(&ssl, certificate::for_server(&ssl, schemes)?).map_err(|alert| certificate::refuse(&ssl, alert))
    }

    fn client_credential(&self) -> CredentialAnswer {
        let Some(ssl) = self.ssl() else { return CredentialAnswer::Nothing };
        // What has been read so far is told before the callbacks that are asked now.
        callbacks::before_choice(&ssl);
        certificate::for_client(&ssl)
    }

    fn tickets(&self, facts: &Facts) -> Vec<Ticket> {
        self.ssl().map_or_else(Vec::new, |ssl| session::first_tickets(&ssl, facts))
    }

    fn seal_ticket(&self, plain: &[u8]) -> Option<Vec<u8>> {
        ticket::seal(&self.ssl()?, plain)
    }

    fn open_ticket(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        ticket::open(&self.ssl()?, sealed)
    }

    fn ticket_lifetime(&self) -> u32 {
        self.ssl().map_or(0, |ssl| session::lifetime(&ssl))
    }

    fn store_session(&self, id: &[u8], value: Vec<u8>) -> bool {
        self.ssl().is_some_and(|ssl| session::server_store(&ssl, id, &value))
    }

    fn find_session(&self, id: &[u8], remove: bool) -> Option<Vec<u8>> {
        session::server_find(&self.ssl()?, id, remove)
    }
}

/// A step of the answer to a ClientHello.
type Stage = fn(&Arc<Connection>, &Hello) -> Result<(), HelloAnswer>;

/// The steps in OpenSSL's order, which depends on the version once that is known.
fn stage(ssl: &Connection, number: u32) -> Option<Stage> {
    let is_tls13 = ssl.facts.read().version() == TLS1_3;
    Some(match number {
        0 => client_hello::ask,
        1 => check_version,
        2 => session::look_up,
        3 => ocsp::note_request,
        4 => server_name::ask,
        5 => super::sigalg::ask,
        6 if is_tls13 => alpn::ask,
        6 => certificate::ask_server,
        7 if is_tls13 => certificate::ask_server,
        7 => alpn::ask,
        _ => return None,
    })
}

/// Runs a server's callbacks for a ClientHello in OpenSSL's order, each once, and chooses the configuration.
/// `Err` is an answer too: the one that stops the row.
fn answer_hello(ssl: &Arc<Connection>, hello: &Hello) -> Result<HelloAnswer, HelloAnswer> {
    if ssl.hello_stage.load(Ordering::Relaxed) == 0 && ssl.facts.read().hello.is_none() {
        let mut facts = ssl.facts.write();
        facts.client_random = hello.random.as_slice().try_into().ok();
        facts.hello = Some(Arc::new(hello.clone()));
    }
    loop {
        let done = ssl.hello_stage.load(Ordering::Relaxed);
        let Some(stage) = stage(ssl, done) else { break };
        stage(ssl, hello)?;
        ssl.hello_stage.store(done + 1, Ordering::Relaxed);
    }
    session::decide(ssl);
    let chosen = ssl.facts.read().alpn.clone().unwrap_or_default();
    if let Some(exchange) = ssl.exchange.read().clone() {
        *exchange.policy.lock() = policy(ssl);
    }
    security_check::check_chosen(ssl, verify::client_auth(ssl).request)?;
    // The server-name callback may have chosen another context.
    super::cipher_list::follow_context(ssl);
    let settings = session::server_settings(ssl, certificate::server_settings(ssl));
    let tls13 = ssl.facts.read().version() == TLS1_3;
    if !settings.suites.iter().filter_map(|&id| by_id(id)).any(|suite| suite.is_tls13() == tls13) {
        return Err(abort(reason::NO_SHARED_CIPHER, AlertDescription::HandshakeFailure));
    }
    match ssl.context().server_config(&settings, &chosen) {
        Ok(config) => Ok(HelloAnswer::Proceed(config)),
        Err(error) => {
            Error::SslData(INTERNAL_ERROR, error.to_string()).report();
            Err(HelloAnswer::Abort(Some(AlertDescription::InternalError)))
        }
    }
}

/// Queues `reason` and ends the handshake with `alert`.
pub(crate) fn abort(reason: c_int, alert: AlertDescription) -> HelloAnswer {
    Error::Ssl(reason).report();
    HelloAnswer::Abort(Some(alert))
}

/// Fails early, as OpenSSL does before its server-name callback, when no version is shared.
fn check_version(ssl: &Arc<Connection>, hello: &Hello) -> Result<(), HelloAnswer> {
    let (tls12, tls13) = ssl.config().versions();
    let tls13 = tls13 && certificate::check_tls13(ssl);
    let offered = |version| match hello.supported_versions() {
        Some(versions) => versions.contains(&version),
        None => version == TLS1_2 && hello.version >= TLS1_2,
    };
    let version = match (tls13 && offered(TLS1_3), tls12 && offered(TLS1_2)) {
        (true, _) => TLS1_3,
        (false, true) => TLS1_2,
        // A method of one version does not look at the extension; what follows from that is that no suite fits.
        (false, false) if tls12 && ssl.config().is_one_version() && hello.version >= TLS1_2 => {
            return Err(abort(reason::NO_SHARED_CIPHER, AlertDescription::HandshakeFailure));
        }
        (false, false) => {
            // The alert is one of the version that the client has named.
            ssl.facts.write().chosen = Some((hello.version, 0));
            let none_enabled = !tls12 && !tls13;
            let why = if none_enabled { reason::NO_PROTOCOLS_AVAILABLE } else { reason::UNSUPPORTED_PROTOCOL };
            return Err(abort(why, AlertDescription::ProtocolVersion));
        }
    };
    // A client that says it fell back could have had more (RFC 7507).
    if version == TLS1_2 && tls13 && hello.suites().any(|suite| suite == FALLBACK_SCSV) {
        return Err(abort(reason::INAPPROPRIATE_FALLBACK, AlertDescription::InappropriateFallback));
    }
    ssl.facts.write().chosen = Some((version, 0));
    security_check::ask(ssl);
    Ok(())
}

/// `SSL_do_handshake(3)`: goes on with the handshake. 1 when it is complete, 0 when it was shut down in a controlled
/// way, below 0 on a fatal error or when it must be called again; `SSL_get_error` tells.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_do_handshake(ssl: *mut SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        Ok(drive(&ssl))
    })
}

/// `SSL_connect(3)`: goes on with the handshake, as a client unless a side was chosen before.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_connect(ssl: *mut SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        if !ssl.has_role() {
            set_side(&ssl, false);
        }
        Ok(drive(&ssl))
    })
}

/// `SSL_accept(3)`: goes on with the handshake, as a server unless a side was chosen before.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_accept(ssl: *mut SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        if !ssl.has_role() {
            set_side(&ssl, true);
        }
        Ok(drive(&ssl))
    })
}

fn set_side(ssl: &Connection, server: bool) {
    ssl.set_server(server);
    session::side_chosen(ssl);
    ssl.shutdown.store(0, Ordering::Relaxed);
    ssl.rewind();
}

/// `SSL_set_connect_state(3)`: the next handshake is a client's.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_connect_state(ssl: *mut SSL) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        set_side(&*unsafe { share(ssl) }?, false);
        Ok(())
    });
}

/// `SSL_set_accept_state(3)`: the next handshake is a server's.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_accept_state(ssl: *mut SSL) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        set_side(&*unsafe { share(ssl) }?, true);
        Ok(())
    });
}

/// `SSL_set_connect_state(3)`: whether the connection is a server's; also when no side was chosen.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_is_server(ssl: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.is_server().into())
    })
}
