//! Chains of own certificates: the chain functions of `SSL_ctrl`, extra chain certificates, the current certificate.

use super::certificate_slot::{Holder, OwnChain};
use super::error::Error;
use crate::libcrypto::x509::X509;

/// Appends to the chain of the current certificate.
pub(super) fn add_chain_certificate(holder: &Holder, certificate: X509) -> Result<(), Error> {
    holder.allows(&certificate, false)?;
    holder.change(|certificates| {
        let slot = certificates.current_mut();
        slot.chain = Some(OwnChain::with(slot.chain.take(), certificate));
        Ok(())
    })
}
