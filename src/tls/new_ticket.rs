//! Tickets of TLS 1.3 (RFC 8446, section 4.6.1), which a server sends when the handshake is complete, or later.
//!
//! rustls would make them while it still works on the client's Finished, and knows no later ones. So they are made here,
//! from the secret that its key schedule ends with, each in a record of its own.

use super::exchange::Exchange;
use super::handshake_type::NEW_SESSION_TICKET;
use super::provider;
use super::record::content;
use zeroize::Zeroizing;

/// A ticket for the client.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// How long it is good for, seconds.
    pub lifetime: u32,
    /// What the client adds to the age it tells, milliseconds.
    pub age_add: u32,
    /// What tells the keys of a connection's tickets apart.
    pub nonce: [u8; 8],
    /// The ticket itself.
    pub ticket: Vec<u8>,
}

impl Ticket {
    /// The message; none where the ticket is too long for one.
    fn message(&self) -> Option<Vec<u8>> {
        let mut body = Vec::with_capacity(32 + self.ticket.len());
        body.extend(self.lifetime.to_be_bytes());
        body.extend(self.age_add.to_be_bytes());
        body.push(self.nonce.len() as u8);
        body.extend(self.nonce);
        body.extend(u16::try_from(self.ticket.len()).ok()?.to_be_bytes());
        body.extend_from_slice(&self.ticket);
        // No extensions.
        body.extend([0, 0]);
        let [_, len @ ..] = u32::try_from(body.len()).ok()?.to_be_bytes();
        Some([&[NEW_SESSION_TICKET], &len[..], &body].concat())
    }
}

/// The key of the session that a ticket with this nonce is for; none on a connection that has none to give.
pub fn key(exchange: &Exchange, nonce: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (suite, secret) = {
        let record = exchange.record.lock();
        (record.server_hello?.suite, record.resumption_secret.clone()?)
    };
    provider::resumption_key(suite, &secret, nonce)
}

/// A number for [`Ticket::age_add`].
pub fn random_age() -> Option<u32> {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(u32::from_be_bytes(bytes))
}

/// Appends tickets to `out`, with the key in use; false where one could not be sealed.
pub(super) fn send(exchange: &Exchange, tickets: &[Ticket], out: &mut Vec<u8>) -> bool {
    let Some(sealer) = exchange.record.lock().sealer.clone() else { return tickets.is_empty() };
    tickets
        .iter()
        .all(|ticket| ticket.message().is_some_and(|message| sealer.seal(exchange, content::HANDSHAKE, &message, out)))
}
