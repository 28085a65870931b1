//! Judges the records of a handshake before rustls sees them, as far as they are in clear: alerts are the
//! application's, change_cipher_spec for middleboxes and empty records are dropped, and a first message that is not a
//! hello is named before anybody tries to parse it.

use super::error::Misstep;
use super::hello::{ServerAnswer, ServerHello};
use super::record::{HEADER, Rules, content};

const TLS1_3: u16 = 0x0304;

/// Handshake types (RFC 8446, section 4; RFC 5246, section 7.4).
mod kind {
    pub(super) const HELLO_REQUEST: u8 = 0;
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
}

/// The longest ClientHello and ServerHello that OpenSSL takes, bytes.
const CLIENT_HELLO_MAX: usize = 131_396;
const SERVER_HELLO_MAX: usize = 20_000;
/// How many records without content may come in a row.
const EMPTY_MAX: u32 = 32;

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// rustls gets it.
    Pass,
    /// Nobody gets it.
    Drop,
    /// It is an alert: level and description. Nobody gets it.
    Alert(u8, u8),
}

/// What the records so far say about those to come.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_server: bool,
    /// The version agreed on, 0 before.
    version: u16,
    /// A HelloRetryRequest has gone by.
    retried: bool,
    /// Records come protected.
    sealed: bool,
    /// A protected record has come.
    opened: bool,
    /// The first message as far as it has come, while it is looked at.
    greeting: Vec<u8>,
    /// The first message has been looked at.
    greeted: bool,
    /// The ServerHello that has come.
    server_hello: Option<ServerHello>,
    /// Records without content, and change_cipher_spec for middleboxes, in a row.
    empty: u32,
}

impl Gate {
    pub(super) fn new(is_server: bool) -> Self {
        Self { is_server, ..Self::default() }
    }

    /// Server: its answer to the ClientHello may begin `records`. Gives the ServerHello when it goes by.
    pub(super) fn note_answer(&mut self, records: &[u8]) -> Option<ServerHello> {
        if self.version != 0 { None } else { self.answered(ServerAnswer::from_records(records)?) }
    }

    fn answered(&mut self, answer: ServerAnswer) -> Option<ServerHello> {
        match answer {
            ServerAnswer::Hello(hello) => {
                self.version = hello.version;
                self.sealed |= hello.version == TLS1_3;
                Some(hello)
            }
            ServerAnswer::Retry => {
                self.retried = true;
                None
            }
        }
    }

    /// Client: takes the ServerHello that has come with the last record.
    pub(super) fn take_server_hello(&mut self) -> Option<ServerHello> {
        self.server_hello.take()
    }

    /// For the headers to come.
    pub(super) fn rules(&self) -> Rules {
        Rules {
            version: self.version,
            sealed: self.sealed && self.version == TLS1_3,
            cipher_change: true,
            clear_alerts: self.is_server && !self.opened,
        }
    }

    /// Judges a whole record.
    pub(super) fn admit(&mut self, record: &[u8]) -> Result<Admission, Misstep> {
        let Some((&[kind, ..], body)) = record.split_first_chunk::<HEADER>() else { return Ok(Admission::Pass) };
        if kind == content::CHANGE_CIPHER_SPEC && (self.version == TLS1_3 || self.retried) {
            return self.admit_middlebox_change(body);
        }
        let is_empty = kind == content::HANDSHAKE && body.is_empty() && !self.sealed;
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        match kind {
            content::ALERT if !self.sealed || (self.version == TLS1_3 && body.len() <= 2) => self.admit_alert(body),
            _ if self.sealed => {
                self.opened = true;
                Ok(Admission::Pass)
            }
            content::CHANGE_CIPHER_SPEC => self.admit_cipher_change(body),
            content::HANDSHAKE if self.empty > EMPTY_MAX => Err(Misstep::TooManyEmptyRecords),
            content::HANDSHAKE if is_empty => Ok(Admission::Drop),
            content::HANDSHAKE => self.admit_message(body),
            _ if self.version == 0 => Err(Misstep::RecordBeforeHello),
            _ => Err(Misstep::UnexpectedRecord),
        }
    }

    fn admit_middlebox_change(&mut self, body: &[u8]) -> Result<Admission, Misstep> {
        self.empty += 1;
        match body {
            [1] if self.empty > EMPTY_MAX => Err(Misstep::TooManyCipherChanges),
            [1] => Ok(Admission::Drop),
            _ => Err(Misstep::InvalidCipherChange),
        }
    }

    fn admit_alert(&mut self, body: &[u8]) -> Result<Admission, Misstep> {
        // A server awaits a ClientHello first, and nothing else.
        if self.is_server && self.version == 0 {
            return Err(Misstep::RecordBeforeHello);
        }
        match body {
            [level, description] => Ok(Admission::Alert(*level, *description)),
            _ => Err(Misstep::InvalidAlert),
        }
    }

    fn admit_cipher_change(&mut self, body: &[u8]) -> Result<Admission, Misstep> {
        match body {
            [1] if self.version == 0 => Err(Misstep::UnexpectedMessage),
            [1] => {
                self.sealed = true;
                Ok(Admission::Pass)
            }
            _ => Err(Misstep::BadCipherChange),
        }
    }

    /// Looks at the first message.
    fn admit_message(&mut self, body: &[u8]) -> Result<Admission, Misstep> {
        if self.greeted {
            return Ok(Admission::Pass);
        }
        if !self.is_server && self.greeting.is_empty() && body == [kind::HELLO_REQUEST, 0, 0, 0] {
            return Ok(Admission::Drop);
        }
        self.greeting.extend_from_slice(body);
        let [kind, a, b, c, ..] = *self.greeting.as_slice() else { return Ok(Admission::Pass) };
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        let (awaited, most) = match self.is_server {
            true => (kind::CLIENT_HELLO, CLIENT_HELLO_MAX),
            false => (kind::SERVER_HELLO, SERVER_HELLO_MAX),
        };
        if kind != awaited {
            return Err(Misstep::UnexpectedMessage);
        }
        if len > most {
            return Err(Misstep::MessageTooLong);
        }
        if self.is_server {
            self.greeted = true;
        } else if self.greeting.len() >= 4 + len {
            if let Some(answer) = ServerAnswer::from_message(&self.greeting) {
                self.server_hello = self.answered(answer);
            }
            // After a HelloRetryRequest another one is awaited.
            self.greeted = self.version != 0 || !self.retried;
        }
        if self.greeted || self.greeting.len() >= 4 + len {
            self.greeting = Vec::new();
        }
        Ok(Admission::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let len = u8::try_from(body.len()).unwrap_or(u8::MAX);
        [&[kind, 3, 3, 0, len], body].concat()
    }

    #[test]
    fn a_client_awaits_a_server_hello() {
        let mut gate = Gate::new(false);
        assert_eq!(gate.admit(&record(22, &[0, 0, 0, 0])), Ok(Admission::Drop));
        assert_eq!(gate.admit(&record(22, &[])), Ok(Admission::Drop));
        assert_eq!(gate.admit(&record(21, &[1, 90])), Ok(Admission::Alert(1, 90)));
        assert_eq!(gate.admit(&record(21, &[1])), Err(Misstep::InvalidAlert));
        assert_eq!(gate.admit(&record(23, &[1])), Err(Misstep::RecordBeforeHello));
        assert_eq!(gate.admit(&record(20, &[1])), Err(Misstep::UnexpectedMessage));
        assert_eq!(gate.admit(&record(20, &[1, 1])), Err(Misstep::BadCipherChange));
        assert_eq!(gate.admit(&record(22, &[2])), Ok(Admission::Pass));
        assert_eq!(gate.admit(&record(22, &[0, 0x4e, 0x21])), Err(Misstep::MessageTooLong));
        assert_eq!(Gate::new(false).admit(&record(22, &[11, 0, 0, 0])), Err(Misstep::UnexpectedMessage));
    }

    #[test]
    fn a_server_awaits_a_client_hello() {
        let mut gate = Gate::new(true);
        assert_eq!(gate.admit(&record(21, &[1, 0])), Err(Misstep::RecordBeforeHello));
        assert_eq!(gate.admit(&record(22, &[1, 2, 1, 0x44])), Ok(Admission::Pass));
        assert_eq!(Gate::new(true).admit(&record(22, &[0, 0, 0, 0])), Err(Misstep::UnexpectedMessage));
    }

    #[test]
    fn middlebox_changes_are_dropped_but_not_without_end() {
        let mut gate = Gate { version: TLS1_3, sealed: true, ..Gate::new(false) };
        assert_eq!(gate.admit(&record(20, &[2])), Err(Misstep::InvalidCipherChange));
        let mut gate = Gate { version: TLS1_3, sealed: true, ..Gate::new(false) };
        for _ in 0..EMPTY_MAX {
            assert_eq!(gate.admit(&record(20, &[1])), Ok(Admission::Drop));
        }
        assert_eq!(gate.admit(&record(20, &[1])), Err(Misstep::TooManyCipherChanges));
    }

    #[test]
    fn protected_records_pass() {
        let mut gate = Gate { version: TLS1_3, sealed: true, ..Gate::new(true) };
        assert!(gate.rules().clear_alerts);
        assert_eq!(gate.admit(&record(21, &[2, 40])), Ok(Admission::Alert(2, 40)));
        assert_eq!(gate.admit(&record(23, &[1, 2, 3])), Ok(Admission::Pass));
        assert!(!gate.rules().clear_alerts);
        let mut gate = Gate { version: 0x0303, ..Gate::new(false) };
        assert_eq!(gate.admit(&record(20, &[1])), Ok(Admission::Pass));
        assert_eq!(gate.admit(&record(21, &[9; 26])), Ok(Admission::Pass));
    }
}
