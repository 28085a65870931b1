//! A ClientHello as rustls shall see it: without extensions that it answers where others do not.
//!
//! In TLS 1.2 rustls answers each ticket with a new one, also where the old one is still good; other servers leave it at
//! the abbreviated handshake, and the session is found by its id here. And rustls acknowledges every server name, also
//! where the application has not made use of it. So such an extension is given a number that nobody knows, and the
//! transcript is hashed as the client has sent it.

use super::handshake_type::CLIENT_HELLO;

/// The session_ticket extension (RFC 5077).
pub const SESSION_TICKET: u16 = 35;
/// The server_name extension (RFC 6066, section 3).
pub const SERVER_NAME: u16 = 0;
/// Records of a ClientHello that is longer than this are left to rustls.
const MOST_BYTES: usize = 1 << 18;

/// A ClientHello that was changed on its way to rustls.
#[derive(Debug, Clone)]
pub struct Rewritten {
    /// The message that rustls sees.
    pub seen: Vec<u8>,
    /// The message that the client has sent.
    pub sent: Vec<u8>,
}

impl Rewritten {
    /// `data` as the client has sent it, where it is this message, begins with it or is the beginning of it.
    pub fn sent_of(&self, data: &[u8]) -> Option<Vec<u8>> {
        let common = data.len().min(self.seen.len());
        let (start, rest) = data.split_at_checked(common)?;
        // Less than header, version and random is the same in both.
        if common < 38 || self.seen.get(..common) != Some(start) {
            return None;
        }
        Some([self.sent.get(..common)?, rest].concat())
    }
}

/// What became of the records of a ClientHello.
#[derive(Debug)]
pub enum Patched {
    /// The message is not whole yet.
    Cut,
    /// There is nothing in it to be hidden.
    Nothing,
    /// They have been changed.
    Done(Rewritten),
}

/// Hides extensions in the records of a ClientHello, whose lengths stay as they are.
pub fn hide_in_records(records: &mut [u8], kinds: &[u16]) -> Patched {
    let sent = message(records);
    let [kind, a, b, c, ..] = *sent.as_slice() else { return Patched::Cut };
    if kind != CLIENT_HELLO || kinds.is_empty() {
        return Patched::Nothing;
    }
    let len = 4 + (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c));
    if sent.len() < len && records.len() < MOST_BYTES {
        return Patched::Cut;
    }
    let Some(rewritten) = hide(sent, kinds) else { return Patched::Nothing };
    let (mut rest, mut seen) = (records, rewritten.seen.as_slice());
    while let [_, _, _, high, low, body @ ..] = rest {
        let len = (usize::from(*high) << 8 | usize::from(*low)).min(body.len());
        let (fragment, after) = body.split_at_mut(len);
        let Some((part, left)) = seen.split_at_checked(len) else { break };
        fragment.copy_from_slice(part);
        (rest, seen) = (after, left);
    }
    Patched::Done(rewritten)
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

/// Hides extensions of these kinds in a ClientHello; none when there are none in it.
pub fn hide(message: Vec<u8>, kinds: &[u16]) -> Option<Rewritten> {
    let places = extensions(&message)?;
    let taken = |kind: u16| places.iter().any(|&(_, used)| used == kind);
    let mut unknown = (0xff30..=u16::MAX).filter(|&kind| !taken(kind));
    let mut seen = message.clone();
    for &(at, _) in places.iter().filter(|(_, kind)| kinds.contains(kind)) {
        seen.get_mut(at..at + 2)?.copy_from_slice(&unknown.next()?.to_be_bytes());
    }
    (seen != message).then_some(Rewritten { seen, sent: message })
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
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
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
        let rewritten = hide(sent.clone(), &[SESSION_TICKET]).unwrap();
        assert_eq!(rewritten.sent, sent);
        let seen = Hello::from_message(&rewritten.seen).unwrap();
        assert_eq!(seen.extensions, [(0xff30, vec![]), (0xff31, vec![9, 9]), (23, vec![])]);
    }

    #[test]
    fn several_extensions_in_fragments() {
        let sent = hello(&[0, 0, 0, 2, 8, 8, 0, 35, 0, 2, 9, 9]);
        let mut fragments = Vec::new();
        for part in sent.chunks(7) {
            fragments.extend([22, 3, 1, 0, part.len() as u8]);
            fragments.extend(part);
        }
        let whole = fragments.len();
        for len in 6..whole - 1 {
            let mut cut = fragments[..len].to_vec();
            assert!(matches!(hide_in_records(&mut cut, &[SERVER_NAME]), Patched::Cut), "{len}");
        }
        let kinds = [SERVER_NAME, SESSION_TICKET];
        let Patched::Done(rewritten) = hide_in_records(&mut fragments, &kinds) else { panic!("nothing done") };
        assert_eq!((message(&fragments), &rewritten.sent), (rewritten.seen.clone(), &sent));
        let seen = Hello::from_message(&rewritten.seen).unwrap();
        assert_eq!(seen.extensions, [(0xff30, vec![8, 8]), (0xff31, vec![9, 9])]);
        assert!(matches!(hide_in_records(&mut fragments, &kinds), Patched::Nothing));

        let (cut, longer) = (rewritten.seen.len() - 3, [&*rewritten.seen, b"more"].concat());
        assert_eq!(rewritten.sent_of(&rewritten.seen[..cut]).unwrap(), sent[..cut]);
        assert_eq!(rewritten.sent_of(&longer).unwrap(), [&*sent, b"more"].concat());
        assert!(rewritten.sent_of(b"something else").is_none());
    }

    #[test]
    fn without_a_ticket_nothing_is_done() {
        assert!(hide(hello(&[0, 23, 0, 0]), &[SESSION_TICKET]).is_none());
        let cut = hello(&[0, 35, 0, 2, 9, 9]);
        for len in 0..cut.len() {
            assert!(hide(cut[..len].to_vec(), &[SESSION_TICKET]).is_none(), "{len}");
        }
    }

    #[test]
    fn records_and_back() {
        let long = vec![5; 40_000];
        assert_eq!(message(&records(&long)), long);
    }
}
