//! Records in clear at the beginning of a handshake, looked at before rustls sees them: what is out of place there is
//! named, and answered, as programs know it from OpenSSL.

use super::record::{HEADER, RecordError};

/// Record types (RFC 8446, section 5.1).
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// Handshake types (section 4).
const HELLO_REQUEST: u8 = 0;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// The longest ClientHello and ServerHello that OpenSSL takes, bytes.
const CLIENT_HELLO_MAX: usize = 131_396;
const SERVER_HELLO_MAX: usize = 20_000;
/// More records without content in a row are an attack.
const EMPTY_MAX: u8 = 32;

/// What to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// rustls shall have it.
    Pass,
    /// It says nothing.
    Skip,
    /// The peer says that it will send nothing more.
    Closed,
}

/// The peer's records until its hello is there.
#[derive(Debug, Default)]
pub(super) struct FirstRecords {
    /// The beginning of its first message: type and length.
    header: Vec<u8>,
    empty: u8,
}

impl FirstRecords {
    /// Looks at the next whole record, header included.
    pub(super) fn look(&mut self, record: &[u8], server: bool) -> Result<Look, RecordError> {
        let (Some(&kind), Some(body)) = (record.first(), record.get(HEADER..)) else { return Ok(Look::Pass) };
        match kind {
            HANDSHAKE if body.is_empty() => {
                self.empty += 1;
                if self.empty > EMPTY_MAX { Err(RecordError::UnexpectedMessage) } else { Ok(Look::Skip) }
            }
            HANDSHAKE => self.message(body, server),
            ALERT if server => Err(RecordError::UnexpectedMessage),
            ALERT => match body {
                [1, 0] => Ok(Look::Closed),
                [1, 100] => Err(RecordError::NoRenegotiation),
                [_, _] => Ok(Look::Pass),
                _ => Err(RecordError::InvalidAlert),
            },
            CHANGE_CIPHER_SPEC if !server && body != [1] => Err(RecordError::BadChangeCipherSpec),
            CHANGE_CIPHER_SPEC | APPLICATION_DATA => Ok(Look::Pass),
            _ => Err(RecordError::UnexpectedMessage),
        }
    }

    /// The first message must be a hello of a reasonable length.
    fn message(&mut self, body: &[u8], server: bool) -> Result<Look, RecordError> {
        if self.header.is_empty() && !server && body == [HELLO_REQUEST, 0, 0, 0] {
            return Ok(Look::Skip);
        }
        let missing = 4_usize.saturating_sub(self.header.len());
        self.header.extend(body.iter().take(missing));
        let (expected, max) = if server { (CLIENT_HELLO, CLIENT_HELLO_MAX) } else { (SERVER_HELLO, SERVER_HELLO_MAX) };
        match *self.header.as_slice() {
            [kind, ..] if kind != expected => Err(RecordError::UnexpectedMessage),
            [_, a, b, c] if usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c) > max => {
                Err(RecordError::MessageTooLong)
            }
            _ => Ok(Look::Pass),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(record: &[u8], server: bool) -> Result<Look, RecordError> {
        FirstRecords::default().look(record, server)
    }

    #[test]
    fn hellos_pass() {
        assert_eq!(look(&[22, 3, 1, 0, 4, 1, 0, 0, 0], true), Ok(Look::Pass));
        assert_eq!(look(&[22, 3, 3, 0, 4, 2, 0, 0, 0], false), Ok(Look::Pass));
        assert_eq!(look(&[22, 3, 3, 0, 4, 2, 0, 0, 0], true), Err(RecordError::UnexpectedMessage));
    }

    #[test]
    fn fragments_are_put_together() {
        let mut first = FirstRecords::default();
        assert_eq!(first.look(&[22, 3, 1, 0, 2, 1, 0xff], true), Ok(Look::Pass));
        assert_eq!(first.look(&[22, 3, 1, 0, 2, 0, 0], true), Err(RecordError::MessageTooLong));
    }

    #[test]
    fn what_says_nothing_is_skipped_some_times() {
        let mut first = FirstRecords::default();
        for _ in 0..EMPTY_MAX {
            assert_eq!(first.look(&[22, 3, 1, 0, 0], true), Ok(Look::Skip));
        }
        assert!(first.look(&[22, 3, 1, 0, 0], true).is_err());
        assert_eq!(look(&[22, 3, 3, 0, 4, 0, 0, 0, 0], false), Ok(Look::Skip));
    }

    #[test]
    fn alerts() {
        assert_eq!(look(&[21, 3, 3, 0, 2, 1, 0], false), Ok(Look::Closed));
        assert_eq!(look(&[21, 3, 3, 0, 2, 2, 40], false), Ok(Look::Pass));
        assert_eq!(look(&[21, 3, 3, 0, 1, 2], false), Err(RecordError::InvalidAlert));
        assert_eq!(look(&[21, 3, 3, 0, 2, 2, 40], true), Err(RecordError::UnexpectedMessage));
    }
}
