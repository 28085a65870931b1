//! A ClientHello as rustls shall see it: without the ticket that it resumes from.
//!
//! In TLS 1.2 rustls answers each ticket with a new one, also where the old one is still good; other servers leave it at
//! the abbreviated handshake. So the session_ticket extension is given a number that nobody knows, the session is found
//! by the session id, and the transcript is hashed as the client has sent it.

const SESSION_TICKET: u16 = 35;

/// A ClientHello that was changed on its way to rustls.
#[derive(Debug, Clone)]
pub struct Rewritten {
    /// The message that rustls sees.
    pub seen: Vec<u8>,
    /// The message that the client has sent.
    pub sent: Vec<u8>,
}

/// The handshake message in `records`.
pub fn message(records: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(records.len());
    let mut rest = records;
    while let [_, _, _, high, low, body @ ..] = rest {
        let len = usize::from(*high) << 8 | usize::from(*low);
        let (fragment, after) = body.split_at_checked(len).unwrap_or((body, &[]));
        message.extend_from_slice(fragment);
        rest = after;
    }
    message
}

/// Hides the ticket in a ClientHello; none when there is no ticket in it.
pub fn hide(message: Vec<u8>) -> Option<Rewritten> {
    let places = extensions(&message)?;
    let taken = |kind: u16| places.iter().any(|&(_, used)| used == kind);
    let (at, _) = *places.iter().find(|&&(_, kind)| kind == SESSION_TICKET)?;
    let unknown = (0xff30..=u16::MAX).find(|&kind| !taken(kind))?;
    let mut seen = message.clone();
    seen.get_mut(at..at + 2)?.copy_from_slice(&unknown.to_be_bytes());
    Some(Rewritten { seen, sent: message })
}

/// The extensions of a ClientHello: where each one's number is, and the number.
fn extensions(message: &[u8]) -> Option<Vec<(usize, u16)>> {
    let byte = |at: usize| message.get(at).map(|&byte| usize::from(byte));
    let pair = |at: usize| Some(byte(at)? << 8 | byte(at + 1)?);
    // Header, version and random; then session id, suites and compression methods with their lengths before them.
    let mut at = 4 + 2 + 32;
    at += 1 + byte(at)?;
    at += 2 + pair(at)?;
    at += 1 + byte(at)?;
    let end = at + 2 + pair(at)?;
    at += 2;
    let mut found = Vec::new();
    while at < end {
        found.push((at, u16::try_from(pair(at)?).ok()?));
        at += 4 + pair(at + 2)?;
    }
    (at == message.len()).then_some(found)
}

/// A handshake message in records of its own.
pub fn records(message: &[u8]) -> Vec<u8> {
    const MOST: usize = 16384;
    let mut records = Vec::with_capacity(message.len() + 16);
    for fragment in message.chunks(MOST) {
        records.extend([22, 3, 1]);
        records.extend((fragment.len() as u16).to_be_bytes());
        records.extend_from_slice(fragment);
    }
    records
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::super::hello::Hello;
    use super::*;

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([2, 0xaa, 0xbb, 0, 2, 0xc0, 0x2f, 1, 0, 0, extensions.len() as u8]);
        body.extend(extensions);
        let mut message = vec![1, 0, 0, body.len() as u8];
        message.extend(body);
        message
    }

    #[test]
    fn only_the_number_of_the_ticket_changes() {
        let sent = hello(&[0xff, 0x30, 0, 0, 0, 35, 0, 2, 9, 9, 0, 23, 0, 0]);
        let rewritten = hide(sent.clone()).unwrap();
        assert_eq!(rewritten.sent, sent);
        let seen = Hello::from_message(&rewritten.seen).unwrap();
        assert_eq!(seen.extensions, [(0xff30, vec![]), (0xff31, vec![9, 9]), (23, vec![])]);
    }

    #[test]
    fn without_a_ticket_nothing_is_done() {
        assert!(hide(hello(&[0, 23, 0, 0])).is_none());
        let cut = hello(&[0, 35, 0, 2, 9, 9]);
        for len in 0..cut.len() {
            assert!(hide(cut[..len].to_vec()).is_none(), "{len}");
        }
    }

    #[test]
    fn records_and_back() {
        let long = vec![5; 40_000];
        assert_eq!(message(&records(&long)), long);
    }
}
