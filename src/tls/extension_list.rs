//! The extensions of handshake messages, for those who only want to look at them.

use super::handshake_type as kind;
use super::hello::{Hello, Reader};

/// The extensions of a message (with its header) in the order they are in, those of each certificate among them. None
/// when the message is not well-formed; empty when it is one without extensions.
pub fn of_message(message: &[u8], tls13: bool) -> Option<Vec<(u16, Vec<u8>)>> {
    let [kind, _, _, _, body @ ..] = message else { return None };
    let mut body = Reader(body);
    match *kind {
        kind::CLIENT_HELLO => return Hello::from_message(message).map(|hello| hello.extensions),
        kind::SERVER_HELLO => {
            body.take(2 + 32)?;
            body.vec8()?;
            body.take(2 + 1)?;
            if body.0.is_empty() {
                return Some(Vec::new());
            }
        }
        kind::ENCRYPTED_EXTENSIONS => {}
        kind::CERTIFICATE_REQUEST if tls13 => drop(body.vec8()?),
        kind::NEW_SESSION_TICKET if tls13 => {
            body.take(4 + 4)?;
            body.vec8()?;
            body.vec16()?;
        }
        kind::CERTIFICATE if tls13 => {
            body.vec8()?;
            let mut list = Reader(vec24(&mut body)?);
            let mut all = Vec::new();
            while !list.0.is_empty() {
                vec24(&mut list)?;
                all.extend(extensions(list.vec16()?)?);
            }
            return Some(all);
        }
        _ => return Some(Vec::new()),
    }
    extensions(body.vec16()?)
}

fn vec24<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = reader.u8()? << 16 | reader.u16()?;
    reader.take(len)
}

fn extensions(list: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let mut list = Reader(list);
    let mut all = Vec::new();
    while !list.0.is_empty() {
        let kind = u16::try_from(list.u16()?).ok()?;
        all.push((kind, list.vec16()?.to_vec()));
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_certificates() {
        let message = [11, 0, 0, 20, 0, 0, 0, 16, 0, 0, 1, 9, 0, 0, 0, 0, 1, 8, 0, 4, 0, 5, 0, 0];
        assert_eq!(of_message(&message, true), Some(vec![(5, vec![])]));
        assert_eq!(of_message(&message, false), Some(vec![]));
        for len in 5..message.len() {
            assert_eq!(of_message(message.get(..len).unwrap_or_default(), true), None, "{len}");
        }
    }

    #[test]
    fn extensions_of_a_ticket() {
        let mut message = vec![4, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 2, 1, 7, 0, 1, 6];
        message.extend([0, 8, 0, 42, 0, 4, 0, 0, 64, 0]);
        assert_eq!(of_message(&message, true), Some(vec![(42, vec![0, 0, 64, 0])]));
    }
}
