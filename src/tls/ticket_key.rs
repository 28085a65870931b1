//! Keys that seal server sessions into tickets, in OpenSSL's format: 16 bytes of key name, 16 of IV, the state in
//! AES-256-CBC, HMAC-SHA256 over all of it (RFC 5077, section 4).

use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use std::fmt;
use zeroize::Zeroizing;

/// Length of a name.
pub const NAME_LEN: usize = 16;
/// Length of the IV.
const IV_LEN: usize = 16;
/// Length of the MAC.
const MAC_LEN: usize = 32;
/// Length of a key as programs set it: name, MAC key, cipher key.
pub const KEYS_LEN: usize = 80;

/// A key with its name.
pub struct TicketKey {
    bytes: Zeroizing<[u8; KEYS_LEN]>,
    mac: hmac::Key,
    encrypt: PaddedBlockEncryptingKey,
    decrypt: PaddedBlockDecryptingKey,
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKey").finish_non_exhaustive()
    }
}

impl TicketKey {
    /// A key from its bytes: name (16), MAC key (32), cipher key (32).
    pub fn new(bytes: [u8; KEYS_LEN]) -> Option<Self> {
        let bytes = Zeroizing::new(bytes);
        let (mac, cipher) = bytes.get(NAME_LEN..)?.split_at_checked(32)?;
        let unbound = || UnboundCipherKey::new(&AES_256, cipher).ok();
        Some(Self {
            mac: hmac::Key::new(hmac::HMAC_SHA256, mac),
            encrypt: PaddedBlockEncryptingKey::cbc_pkcs7(unbound()?).ok()?,
            decrypt: PaddedBlockDecryptingKey::cbc_pkcs7(unbound()?).ok()?,
            bytes,
        })
    }

    /// A key that nobody else has.
    pub fn random() -> Option<Self> {
        let mut bytes = [0; KEYS_LEN];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        Self::new(bytes)
    }

    /// The bytes it was made of.
    pub fn as_bytes(&self) -> &[u8; KEYS_LEN] {
        &self.bytes
    }

    /// The name that tickets begin with.
    pub fn name(&self) -> &[u8] {
        self.bytes.get(..NAME_LEN).unwrap_or_default()
    }

    /// Seals `plain` into a ticket.
    pub fn seal(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let context = self.encrypt.encrypt(&mut sealed).ok()?;
        let DecryptionContext::Iv128(iv) = context else { return None };
        let mut ticket = Vec::with_capacity(NAME_LEN + IV_LEN + sealed.len() + MAC_LEN);
        ticket.extend_from_slice(self.name());
        ticket.extend_from_slice(iv.as_ref());
        ticket.extend_from_slice(&sealed);
        let mac = hmac::sign(&self.mac, &ticket);
        ticket.extend_from_slice(mac.as_ref());
        Some(ticket)
    }

    /// Opens a ticket; none when it was not sealed with this key.
    pub fn open(&self, ticket: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (signed, mac) = ticket.split_at_checked(ticket.len().checked_sub(MAC_LEN)?)?;
        let (name, rest) = signed.split_at_checked(NAME_LEN)?;
        let (iv, sealed) = rest.split_first_chunk::<IV_LEN>()?;
        if name != self.name() || sealed.is_empty() {
            return None;
        }
        hmac::verify(&self.mac, signed, mac).ok()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let context = DecryptionContext::Iv128(FixedLength::from(*iv));
        let len = self.decrypt.decrypt(&mut plain, context).ok()?.len();
        plain.truncate(len);
        Some(plain)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn sealed_tickets_open_with_the_same_key_only() {
        let key = TicketKey::random().unwrap();
        let same = TicketKey::new(*key.as_bytes()).unwrap();
        let other = TicketKey::random().unwrap();
        for len in [0, 1, 15, 16, 17, 1000] {
            let plain: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let ticket = key.seal(&plain).unwrap();
            assert_eq!(*same.open(&ticket).unwrap(), plain);
            assert!(other.open(&ticket).is_none());
            assert_ne!(key.seal(&plain).unwrap(), ticket, "the IV is fresh");
        }
    }

    #[test]
    fn changed_or_cut_tickets_do_not_open() {
        let key = TicketKey::random().unwrap();
        let ticket = key.seal(b"state").unwrap();
        for at in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[at] ^= 1;
            assert!(key.open(&changed).is_none(), "{at}");
            assert!(key.open(&ticket[..at]).is_none(), "{at}");
        }
    }
}
