//! Makes rustls's TLS 1.3 client sessions from their fields.
//!
//! rustls takes a `Tls13Session` away when it is offered and cannot read one back, while a program may offer a
//! session as often as it likes, also one that another process saved. The only thing that makes such an object is a
//! NewSessionTicket message on an open client connection. So one connection per cipher suite is opened in memory,
//! between a client and a server that trust each other blindly, and kept; each session wanted is a ticket "received"
//! on it, while the provider answers the derivation of its pre-shared key with the wanted one.

use super::exchange::Exchange;
use super::provider;
use super::session::Resumable;
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput};
use rustls::client::{ClientSessionKey, ClientSessionStore, ClientSide, Resumption, Tls12Session, Tls13Session};
use rustls::crypto::kx::NamedGroup;
use rustls::crypto::{
    Credentials, Identity, SelectedCredential, SignatureScheme, Signer, SigningKey, VerifiedIdentity,
};
use rustls::error::Error;
use rustls::kernel::KernelConnection;
use rustls::pki_types::{CertificateDer, IpAddr, Ipv4Addr, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::{ClientHello, ServerCredentialResolver};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, Connection, ServerConfig, ServerSide, SliceInput, Tcp};
use std::cell::RefCell;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// What stands in for reality while a ticket is received.
#[derive(Default)]
struct Forgery {
    secret: Zeroizing<Vec<u8>>,
    time: u64,
    /// The session that rustls made.
    made: Option<Tls13Session>,
}

thread_local! {
    static FORGERY: RefCell<Option<Forgery>> = const { RefCell::new(None) };
}

/// The pre-shared key to be "derived" from the ticket that is being received on this thread.
pub(super) fn secret() -> Option<Zeroizing<Vec<u8>>> {
    FORGERY.try_with(|forgery| forgery.borrow().as_ref().map(|forgery| forgery.secret.clone())).ok().flatten()
}

/// More connections than this are not kept for a suite: as many as threads forge at the same time.
const KEPT: usize = 8;

/// Open connections by suite, of which each is used by one thread at a time.
static OPEN: Mutex<Vec<(u16, KernelConnection<ClientSide>)>> = Mutex::new(Vec::new());

/// A session with the wanted fields; none when this library does not have its suite or rustls refuses the ticket.
///
/// Its peer is a dummy: what a resumed connection says about its peer must come from `wanted`.
pub(super) fn tls13_session(wanted: &Resumable) -> Option<Tls13Session> {
    if wanted.ticket.is_empty() || !(1..=64).contains(&wanted.secret.len()) {
        return None;
    }
    let mut connection = Exchange::outside(|| take(wanted.suite))?;
    let ticket = new_session_ticket(wanted)?;
    FORGERY.set(Some(Forgery { secret: wanted.secret.clone(), time: wanted.time, made: None }));
    let received = connection.handle_new_session_ticket(&ticket);
    let made = FORGERY.take().and_then(|forgery| forgery.made);
    received.ok()?;
    // After a fork another thread's lock may stay locked for ever: then the connection is simply not kept.
    if let Some(mut open) = OPEN.try_lock().filter(|open| open.len() < 3 * KEPT) {
        open.push((wanted.suite, connection));
    }
    made
}

fn take(suite: u16) -> Option<KernelConnection<ClientSide>> {
    let kept = OPEN.try_lock().and_then(|mut open| {
        let index = open.iter().position(|(id, _)| *id == suite)?;
        Some(open.swap_remove(index).1)
    });
    match kept {
        Some(connection) => Some(connection),
        None => open(suite).ok(),
    }
}

/// The body of a NewSessionTicket message (RFC 8446, section 4.6.1). A lifetime of zero never ends for rustls.
fn new_session_ticket(wanted: &Resumable) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(wanted.ticket.len() + 32);
    body.extend(0u32.to_be_bytes());
    body.extend(wanted.age_add.to_be_bytes());
    body.extend([1, 0]);
    body.extend(u16::try_from(wanted.ticket.len()).ok()?.to_be_bytes());
    body.extend_from_slice(&wanted.ticket);
    match wanted.max_early_data {
        0 => body.extend([0, 0]),
        max => {
            body.extend([0, 8, 0, 42, 0, 4]);
            body.extend(max.to_be_bytes());
        }
    }
    Some(body)
}

/// A handshake with ourselves.
fn open(suite: u16) -> Result<KernelConnection<ClientSide>, Error> {
    const X25519: u16 = 29;
    let provider = Arc::new(provider::provider(&[suite], &[X25519]));
    let mut config = ClientConfig::builder_with_details(provider.clone(), Arc::new(Dummy))
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Dummy))
        .with_no_client_auth()?;
    config.enable_secret_extraction = true;
    config.resumption = Resumption::store(Arc::new(Dummy));
    let mut server_config = ServerConfig::builder_with_details(provider, Arc::new(Dummy))
        .with_no_client_auth()
        .with_server_credential_resolver(Arc::new(Dummy))?;
    server_config.send_tls13_tickets.default = 0;

    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])));
    let mut client: Connection<ClientSide, Tcp> = Arc::new(config).connect(name).build(&mut to_server)?;
    let mut server: Connection<ServerSide, Tcp> = Connection::new(Arc::new(server_config))?;
    server.read_tls(&mut SliceInput::new(&mut to_server), &mut to_client).handle_all(&mut Vec::new())?;
    client.read_tls(&mut SliceInput::new(&mut to_client), &mut Vec::new()).handle_all(&mut Vec::new())?;
    Ok(client.split()?.dangerous_into_kernel_connection()?.1)
}

/// Plays every part of the handshake with ourselves.
#[derive(Debug)]
struct Dummy;

impl TimeProvider for Dummy {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = FORGERY.with_borrow(|forgery| forgery.as_ref().map_or(0, |forgery| forgery.time));
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl ServerVerifier for Dummy {
    fn verify_identity<'a>(&self, identity: &ServerIdentity<'a, '_>) -> Result<VerifiedIdentity<'a>, Error> {
        Ok(VerifiedIdentity::assertion(identity.identity.clone()))
    }

    fn verify_tls12_signature(&self, _: &SignatureVerificationInput<'_>) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::Unreachable("only TLS 1.3 is enabled"))
    }

    fn verify_tls13_signature(&self, _: &SignatureVerificationInput<'_>) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn request_ocsp_response(&self) -> bool {
        false
    }

    fn hash_config(&self, _: &mut dyn Hasher) {}
}

impl ServerCredentialResolver for Dummy {
    fn resolve(&self, _: &ClientHello<'_>) -> Result<SelectedCredential, Error> {
        let identity = Identity::from_cert_chain(vec![CertificateDer::from(vec![0x30, 0x00])])?;
        Credentials::new_unchecked(Arc::new(identity), Box::new(Dummy))
            .signer(&[SignatureScheme::ED25519])
            .ok_or(Error::Unreachable("the key has this scheme"))
    }
}

impl SigningKey for Dummy {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Dummy))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        None
    }
}

impl Signer for Dummy {
    fn sign(self: Box<Self>, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(vec![0; 64])
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl ClientSessionStore for Dummy {
    fn set_kx_hint(&self, _: ClientSessionKey<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ClientSessionKey<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ClientSessionKey<'static>, _: Tls12Session) {}

    fn tls12_session(&self, _: &ClientSessionKey<'_>) -> Option<Tls12Session> {
        None
    }

    fn remove_tls12_session(&self, _: &ClientSessionKey<'static>) {}

    fn insert_tls13_ticket(&self, _: ClientSessionKey<'static>, value: Tls13Session) {
        FORGERY.with_borrow_mut(|forgery| {
            if let Some(forgery) = forgery {
                forgery.made = Some(value);
            }
        });
    }

    fn take_tls13_ticket(&self, _: &ClientSessionKey<'static>) -> Option<Tls13Session> {
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::super::exchange::Offer;
    use super::*;
    use crate::tls::session::TLS1_3;

    #[test]
    fn forged_sessions_have_the_wanted_fields() {
        for (suite, hash, early) in [(0x1301, 32, 0), (0x1302, 48, 16384), (0x1303, 32, u32::MAX), (0x1301, 32, 1)] {
            let wanted = Resumable {
                version: TLS1_3,
                suite,
                secret: (0..hash).collect::<Vec<u8>>().into(),
                age_add: 0xdead_beef,
                max_early_data: early,
                ticket: vec![early as u8; 300],
                time: 1_234_567_890 + u64::from(early),
                ..Resumable::default()
            };
            let found = Resumable::from_offer(&Offer::Tls13(tls13_session(&wanted).unwrap())).unwrap();
            assert_eq!((found.version, found.suite, found.time), (TLS1_3, suite, wanted.time));
            assert_eq!(*found.secret, *wanted.secret);
            assert_eq!((found.age_add, found.max_early_data), (wanted.age_add, wanted.max_early_data));
            assert_eq!((found.ticket, found.lifetime), (wanted.ticket, 0));
        }
    }

    #[test]
    fn what_cannot_be_forged() {
        let wanted = Resumable {
            version: TLS1_3,
            suite: 0x1301,
            secret: vec![1; 32].into(),
            ticket: vec![1],
            ..Resumable::default()
        };
        assert!(tls13_session(&wanted).is_some());
        assert!(tls13_session(&Resumable { suite: 0x1305, ..wanted.clone() }).is_none());
        assert!(tls13_session(&Resumable { secret: Vec::new().into(), ..wanted.clone() }).is_none());
        assert!(tls13_session(&Resumable { secret: vec![1; 65].into(), ..wanted.clone() }).is_none());
        assert!(tls13_session(&Resumable { ticket: Vec::new(), ..wanted }).is_none());
    }

    #[test]
    fn forging_is_cheap() {
        let wanted = Resumable {
            version: TLS1_3,
            suite: 0x1301,
            secret: vec![1; 32].into(),
            ticket: vec![1; 200],
            ..Resumable::default()
        };
        tls13_session(&wanted).unwrap();
        let start = std::time::Instant::now();
        for _ in 0..1000 {
            tls13_session(&wanted).unwrap();
        }
        let each = start.elapsed() / 1000;
        println!("one forged session: {each:?}");
        assert!(each < Duration::from_millis(1));
    }
}
