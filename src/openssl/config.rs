//! What a context gives to its connections: one value, shared until somebody changes it.

use super::alpn::AlpnNames;
use super::callback_types::{GEN_SESSION_CB, NotResumableCallback, SecurityCallback};
use super::callbacks::Arg;
use super::callbacks::Callbacks;
use super::certificate::Certificates;
use super::cipher_list::CipherChoice;
use super::security_check::Answers;
use super::verify::VerifyPolicy;
use crate::libcrypto::pem::Password;
use crate::libcrypto::pkey::Pkey;
use crate::tls::cipher::{Auth, Suite};
use crate::tls::config::Settings;
use crate::tls::provider::FALLBACK_SCSV;
pub(crate) use crate::tls::session::{TLS1_2, TLS1_3};
use std::sync::{Arc, OnceLock};

/// `SSL_OP_*` bits that change what is built.
pub(crate) mod op {
    pub(crate) const NO_EXTENDED_MASTER_SECRET: u64 = 1 << 0;
    pub(crate) const IGNORE_UNEXPECTED_EOF: u64 = 1 << 7;
    pub(crate) const NO_TICKET: u64 = 1 << 14;
    pub(crate) const ENABLE_MIDDLEBOX_COMPAT: u64 = 1 << 20;
    pub(crate) const PRIORITIZE_CHACHA: u64 = 1 << 21;
    pub(crate) const CIPHER_SERVER_PREFERENCE: u64 = 1 << 22;
    pub(crate) const NO_TLSV1_2: u64 = 1 << 27;
    pub(crate) const NO_TLSV1_3: u64 = 1 << 29;
    pub(crate) const NO_COMPRESSION: u64 = 1 << 17;
    // Without effect here: what they allow never happens, or what they forbid never did.
    pub(crate) const LEGACY_SERVER_CONNECT: u64 = 1 << 2;
    pub(crate) const ENABLE_KTLS: u64 = 1 << 3;
    pub(crate) const ALLOW_CLIENT_RENEGOTIATION: u64 = 1 << 8;
    pub(crate) const DISABLE_TLSEXT_CA_NAMES: u64 = 1 << 9;
    pub(crate) const ALLOW_NO_DHE_KEX: u64 = 1 << 10;
    pub(crate) const DONT_INSERT_EMPTY_FRAGMENTS: u64 = 1 << 11;
    pub(crate) const NO_RESUMPTION_ON_RENEGOTIATION: u64 = 1 << 16;
    pub(crate) const ALLOW_UNSAFE_LEGACY_RENEGOTIATION: u64 = 1 << 18;
    pub(crate) const NO_ENCRYPT_THEN_MAC: u64 = 1 << 19;
    pub(crate) const NO_ANTI_REPLAY: u64 = 1 << 24;
    pub(crate) const NO_SSLV3: u64 = 1 << 25;
    pub(crate) const NO_TLSV1: u64 = 1 << 26;
    pub(crate) const NO_TLSV1_1: u64 = 1 << 28;
    pub(crate) const NO_RENEGOTIATION: u64 = 1 << 30;
    /// `SSL_OP_ALL`: workarounds for other implementations' faults, which are not made here.
    pub(crate) const ALL: u64 = 1 << 31 | 1 << 11 | 1 << 6 | 1 << 4;
}

/// `SSL_MODE_*` bits that the library acts on.
pub(crate) mod mode {
    pub(crate) const ENABLE_PARTIAL_WRITE: u32 = 1;
    pub(crate) const ACCEPT_MOVING_WRITE_BUFFER: u32 = 2;
    pub(crate) const AUTO_RETRY: u32 = 4;
    pub(crate) const SEND_FALLBACK_SCSV: u32 = 0x80;
}

/// The settings that `SSL_new` passes on. Cloned only when a connection, or a context that has connections, differs.
#[derive(Clone)]
pub(crate) struct Config {
    /// `SSL_OP_*` bits.
    pub(crate) options: u64,
    /// `SSL_MODE_*` bits.
    pub(crate) mode: u32,
    /// Versions that the method allows, lowest and highest.
    pub(crate) method_versions: (u16, u16),
    /// The lowest version as set by the program, 0 for none.
    pub(crate) min_version: u16,
    /// The highest version as set by the program, 0 for none.
    pub(crate) max_version: u16,
    /// Cipher suites in order of preference.
    pub(crate) ciphers: Arc<CipherChoice>,
    /// A connection was given suites of its own; else its context's are looked up.
    pub(crate) own_ciphers: bool,
    /// `SSL_CERT_FLAG_*` bits; those of Suite B restrict groups and signature algorithms.
    pub(crate) cert_flags: u32,
    /// As it was set (`SSL_CTX_set_security_level(3)`); 0 to 5 have a meaning.
    pub(crate) security_level: i32,
    /// Key exchange groups set by the program, by number; none: the default.
    pub(crate) groups: Option<Vec<u16>>,
    /// Parameters for ephemeral Diffie-Hellman: kept, never used.
    pub(crate) tmp_dh: Option<Pkey>,
    /// Signature schemes set by the program; none: the default.
    pub(crate) sigalgs: Option<Vec<u16>>,
    /// Schemes for the client's own certificate as a server asks for it; none: `sigalgs`.
    pub(crate) client_sigalgs: Option<Vec<u16>>,
    /// Protocols a client offers.
    pub(crate) alpn: AlpnNames,
    /// Own certificates and keys.
    pub(crate) certificates: Arc<Certificates>,
    /// How passwords of own keys are asked for.
    pub(crate) password: Password,
    /// Mode, depth and callback of verification.
    pub(crate) verify: VerifyPolicy,
    /// Callbacks that connections inherit.
    pub(crate) callbacks: Callbacks,
    /// Sessions are valid only for connections with the same context of at most 32 bytes.
    pub(crate) session_id_context: Vec<u8>,
    /// Most plaintext bytes in a record.
    pub(crate) max_send_fragment: usize,
    /// Most plaintext bytes in a record of a pipeline.
    pub(crate) split_send_fragment: usize,
    /// Most bytes that a peer's chain may have.
    pub(crate) max_cert_list: usize,
    /// Decides what is secure enough; none: the level does.
    pub(crate) security_callback: SecurityCallback,
    /// What it has decided for a connection.
    pub(crate) security_answers: Option<Arc<Answers>>,
    /// The argument of security callbacks.
    pub(crate) security_ex_data: Arg,
    /// Receive as much as there is, not one record at a time.
    pub(crate) read_ahead: bool,
    /// No close_notify is sent or awaited.
    pub(crate) quiet_shutdown: i32,
    /// How many TLS 1.3 tickets a server sends after a full handshake.
    pub(crate) num_tickets: usize,
    /// A client asks for a stapled OCSP response (`TLSEXT_STATUSTYPE_ocsp`), else -1.
    pub(crate) status_type: i32,
    /// Makes session ids.
    pub(crate) generate_id: GEN_SESSION_CB,
    /// Says whether a server's session must not be resumed.
    pub(crate) not_resumable: NotResumableCallback,
    settings: OnceLock<Arc<Settings>>,
    /// The same with tickets instead of none, or none instead of tickets.
    other_settings: OnceLock<Arc<Settings>>,
}

impl Config {
    /// The defaults of a context with this method.
    pub(crate) fn new(method_versions: (u16, u16)) -> Self {
        Self {
            options: op::NO_COMPRESSION | op::ENABLE_MIDDLEBOX_COMPAT,
            mode: mode::AUTO_RETRY,
            method_versions,
            min_version: 0,
            max_version: 0,
            ciphers: CipherChoice::default_choice(),
            own_ciphers: false,
            cert_flags: 0,
            security_level: 2,
            groups: None,
            tmp_dh: None,
            sigalgs: None,
            client_sigalgs: None,
            alpn: AlpnNames::default(),
            certificates: Arc::default(),
            password: Password::default(),
            verify: VerifyPolicy::default(),
            callbacks: Callbacks::default(),
            session_id_context: Vec::new(),
            max_send_fragment: 16384,
            split_send_fragment: 16384,
            max_cert_list: 100 * 1024,
            security_callback: None,
            security_answers: None,
            security_ex_data: Arg::default(),
            read_ahead: false,
            quiet_shutdown: 0,
            num_tickets: 2,
            status_type: -1,
            generate_id: None,
            not_resumable: None,
            settings: OnceLock::new(),
            other_settings: OnceLock::new(),
        }
    }

    /// The security level in force: what was set, within its bounds.
    pub(crate) fn level(&self) -> u8 {
        u8::try_from(self.security_level.clamp(0, 5)).unwrap_or(0)
    }

    /// Forgets the program's choice of cipher suites.
    pub(crate) fn use_default_ciphers(&mut self) {
        self.ciphers = CipherChoice::default_choice();
    }

    /// Puts a changed copy in the place of a shared configuration. The caller drops the old one with nothing locked:
    /// keys, certificates and stores that go with it may run the program's code.
    pub(crate) fn edit<T>(shared: &mut Arc<Self>, change: impl FnOnce(&mut Self) -> T) -> (T, Arc<Self>) {
        let mut config = Self::clone(shared);
        config.settings = OnceLock::new();
        config.other_settings = OnceLock::new();
        let value = change(&mut config);
        (value, std::mem::replace(shared, Arc::new(config)))
    }

    /// Whether TLS 1.2 and TLS 1.3 may be negotiated.
    pub(crate) fn versions(&self) -> (bool, bool) {
        let allowed = |version: u16, forbidden: u64| {
            (self.method_versions.0..=self.method_versions.1).contains(&version)
                && self.min_version <= version
                && (self.max_version == 0 || version <= self.max_version)
                && self.options & forbidden == 0
        };
        let (tls12, tls13) = self.allows_versions();
        (tls12 && allowed(TLS1_2, op::NO_TLSV1_2), tls13 && allowed(TLS1_3, op::NO_TLSV1_3))
    }

    /// What rustls is configured with.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.get_or_init(|| Arc::new(self.make_settings())).clone()
    }

    /// `settings` with tickets or without.
    pub(crate) fn with_tickets(&self, settings: Arc<Settings>, tickets: bool) -> Arc<Settings> {
        if settings.tickets == tickets {
            return settings;
        }
        let changed = |settings: &Settings| Arc::new(Settings { tickets, ..settings.clone() });
        // The usual ones are kept, so that connections share what is made from them.
        if Arc::ptr_eq(&settings, &self.settings()) {
            return self.other_settings.get_or_init(|| changed(&settings)).clone();
        }
        changed(&settings)
    }

    fn make_settings(&self) -> Settings {
        Settings {
            suites: self.offered_suites(),
            groups: self.enabled_groups(),
            max_fragment: Some(self.max_send_fragment),
            tickets: self.options & op::NO_TICKET == 0 && self.allows_tickets(),
            num_tickets: self.num_tickets,
            require_ems: false,
        }
    }

    /// The numbers of the suites that a hello lists: those that are usable, and the sign of a fallback.
    fn offered_suites(&self) -> Vec<u16> {
        let usable = self.usable_suites();
        let fallback = self.mode & mode::SEND_FALLBACK_SCSV != 0 && usable.iter().any(|suite| !suite.is_tls13());
        usable.iter().map(|suite| suite.id).chain(fallback.then_some(FALLBACK_SCSV)).collect()
    }

    /// The suites that versions, security level and signature algorithms leave, in order of preference.
    pub(crate) fn usable_suites(&self) -> Vec<&'static Suite> {
        let (tls12, tls13) = self.versions();
        let (rsa, ecdsa) = super::sigalg::certificates_usable(self);
        let usable = |suite: &&&'static Suite| {
            let version = if suite.is_tls13() { tls13 } else { tls12 };
            let auth = match suite.auth {
                Auth::Rsa => rsa,
                Auth::Ecdsa => ecdsa,
                _ => true,
            };
            version && auth && self.allows_suite(suite)
        };
        self.ciphers.suites().iter().filter(usable).copied().collect()
    }

    /// Whether the method is for one version alone.
    pub(crate) fn is_one_version(&self) -> bool {
        self.method_versions.0 == self.method_versions.1
    }

    /// Whether a cipher suite is left for the highest version that is enabled.
    pub(crate) fn serves_highest_version(&self) -> bool {
        let (_, tls13) = self.versions();
        self.usable_suites().iter().any(|suite| suite.is_tls13() == tls13)
    }

    /// The groups that may be used, by number, in order of preference.
    pub(crate) fn enabled_groups(&self) -> Vec<u16> {
        super::group::enabled(self)
    }
}
