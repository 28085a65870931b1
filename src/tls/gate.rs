//! Judges records before rustls sees them: those of a handshake as far as they are in clear, and those of an open
//! connection once they are opened. Alerts are the application's, change_cipher_spec for middleboxes and empty records
//! are dropped, and a message that cannot come now is named before anybody tries to parse it.

use super::error::Misstep;
use super::handshake_type as kind;
use super::hello::{ServerAnswer, ServerHello};
use super::record::{HEADER, Rules, content};
use super::session::TLS1_3;

/// The longest ClientHello and ServerHello that OpenSSL takes, bytes.
const CLIENT_HELLO_MAX: usize = 131_396;
const SERVER_HELLO_MAX: usize = 20_000;
/// The longest TLS 1.3 ticket message that OpenSSL takes, bytes.
const TICKET_MAX: usize = 131_338;
/// The longest body of a record in clear, bytes.
const CLEAR_MAX: usize = 16384;
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

/// The lower byte of TLS 1.2's version, which is the highest in a record.
pub(super) const TLS1_2_MINOR: u8 = 3;

/// What the records so far say about those to come.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_server: bool,
    /// The version agreed on, 0 before.
    version: u16,
    /// A HelloRetryRequest has gone by.
    retried: bool,
    /// Server: the client has answered it.
    hello_again: bool,
    /// Records come protected.
    sealed: bool,
    /// A protected record has come.
    opened: bool,
    /// The first message as far as it has come, while it is looked at.
    greeting: Vec<u8>,
    /// The first message has begun to come, and is of the right type.
    answered: bool,
    /// The first message has been looked at.
    greeted: bool,
    /// The ServerHello that has come.
    server_hello: Option<ServerHello>,
    /// Server: the lower byte of the version of a first record that is of no handshake.
    stray_minor: Option<u8>,
    /// Records without content, and change_cipher_spec for middleboxes, in a row.
    empty: u32,
}

impl Gate {
    pub(super) fn new(is_server: bool) -> Self {
        Self { is_server, ..Self::default() }
    }

    pub(super) fn is_server(&self) -> bool {
        self.is_server
    }

    /// Client: whether no message of the server has begun to come.
    pub(super) fn is_unanswered(&self) -> bool {
        !self.is_server && !self.answered
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

    /// Server: whether the next message is the answer to a HelloRetryRequest.
    pub(super) fn awaits_second_hello(&self) -> bool {
        self.is_server && self.retried && !self.hello_again
    }

    /// Server: that answer has come.
    pub(super) fn second_hello_came(&mut self) {
        self.hello_again = true;
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

    /// Whether the handshake records that come are protected.
    pub(super) fn is_opening(&self) -> bool {
        self.sealed
    }

    /// The lower byte of the version in an alert's record. A client that has had no answer says TLS 1.0 as in its
    /// ClientHello (RFC 8446, section 5.1), and a server answers what is no handshake at all in its own version.
    pub(super) fn alert_minor(&self) -> u8 {
        if self.is_unanswered() { 1 } else { self.stray_minor.unwrap_or(TLS1_2_MINOR) }
    }

    /// Judges a whole record.
    pub(super) fn admit(&mut self, record: &[u8]) -> Result<Admission, Misstep> {
        let judged = self.judge(record);
        if self.is_server && judged == Err(Misstep::RecordBeforeHello) {
            self.stray_minor = record.get(2).map(|&minor| minor.min(TLS1_2_MINOR));
        }
        judged
    }

    fn judge(&mut self, record: &[u8]) -> Result<Admission, Misstep> {
        let Some((&[kind, ..], body)) = record.split_first_chunk::<HEADER>() else { return Ok(Admission::Pass) };
        if !self.sealed && body.len() > CLEAR_MAX {
            return Err(Misstep::RecordTooLong);
        }
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
        self.answered = true;
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

/// Which side of an open connection judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// Follows the handshake messages of an open connection.
#[derive(Debug, Default)]
pub(super) struct Messages {
    header: Vec<u8>,
    /// Bytes that the current message's body still lacks.
    missing: usize,
}

impl Messages {
    /// Whether a message is not whole yet.
    pub(super) fn is_cut(&self) -> bool {
        self.missing > 0 || !self.header.is_empty()
    }

    /// Judges the content of a handshake record.
    pub(super) fn admit(&mut self, side: Side, tls13: bool, mut content: &[u8]) -> Result<(), Misstep> {
        loop {
            let skipped = content.get(self.missing.min(content.len())..).unwrap_or_default();
            self.missing -= content.len() - skipped.len();
            content = skipped;
            let Some((&byte, rest)) = content.split_first() else { return Ok(()) };
            self.header.push(byte);
            content = rest;
            if let [kind, a, b, c] = *self.header.as_slice() {
                let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                check_message(side, tls13, kind, len)?;
                if kind == kind::KEY_UPDATE && content.len() > len {
                    return Err(Misstep::KeyUpdateNotLast);
                }
                self.header.clear();
                self.missing = len;
            }
        }
    }
}

/// Whether a handshake message may come on an open connection.
fn check_message(side: Side, tls13: bool, kind: u8, len: usize) -> Result<(), Misstep> {
    let most = match (tls13, side, kind) {
        (true, _, kind::KEY_UPDATE) if len == 0 => return Err(Misstep::KeyUpdateTooShort),
        (true, _, kind::KEY_UPDATE) => 1,
        (true, Side::Client, kind::NEW_SESSION_TICKET) => TICKET_MAX,
        // Requests for a renegotiation.
        (false, Side::Client, kind::HELLO_REQUEST) => 0,
        (false, Side::Server, kind::CLIENT_HELLO) => CLIENT_HELLO_MAX,
        _ => return Err(Misstep::UnexpectedMessage),
    };
    if len > most { Err(Misstep::MessageTooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let len = u8::try_from(body.len()).unwrap_or(u8::MAX);
        [&[kind, 3, 3, 0, len], body].concat()
    }

    #[test]
    fn an_alert_speaks_the_version_of_what_came() {
        assert_eq!(Gate::new(false).alert_minor(), 1);
        let mut gate = Gate::new(true);
        assert_eq!(gate.alert_minor(), 3);
        assert_eq!(gate.admit(&[23, 3, 2, 0, 1, 0]), Err(Misstep::RecordBeforeHello));
        assert_eq!(gate.alert_minor(), 2);
        assert_eq!(gate.admit(&[23, 3, 4, 0, 1, 0]), Err(Misstep::RecordBeforeHello));
        assert_eq!(gate.alert_minor(), 3);
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

    #[test]
    fn messages_of_an_open_connection() {
        let admit = |side, tls13, content: &[u8]| Messages::default().admit(side, tls13, content);
        assert_eq!(admit(Side::Client, true, &[24, 0, 0, 1, 0]), Ok(()));
        assert_eq!(admit(Side::Client, true, &[24, 0, 0, 1, 0, 24]), Err(Misstep::KeyUpdateNotLast));
        assert_eq!(admit(Side::Client, true, &[24, 0, 0, 0]), Err(Misstep::KeyUpdateTooShort));
        assert_eq!(admit(Side::Client, true, &[24, 0, 0, 2]), Err(Misstep::MessageTooLong));
        assert_eq!(admit(Side::Client, true, &[4, 0, 0, 2, 1, 2, 4, 0, 0, 0]), Ok(()));
        assert_eq!(admit(Side::Server, true, &[4, 0, 0, 0]), Err(Misstep::UnexpectedMessage));
        assert_eq!(admit(Side::Client, false, &[0, 0, 0, 0]), Ok(()));
        assert_eq!(admit(Side::Server, false, &[0, 0, 0, 0]), Err(Misstep::UnexpectedMessage));
    }

    #[test]
    fn messages_in_pieces() {
        let mut messages = Messages::default();
        for byte in [4, 0, 0, 2, 7, 7, 24, 0, 0, 1] {
            assert_eq!(messages.admit(Side::Client, true, &[byte]), Ok(()));
        }
        assert!(messages.is_cut());
        assert_eq!(messages.admit(Side::Client, true, &[0]), Ok(()));
        assert!(!messages.is_cut());
    }
}
