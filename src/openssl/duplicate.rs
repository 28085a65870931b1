//! `SSL_dup(3)`.

use super::connection::{Bios, Connection, share};
use super::error::{Error, guard};
use super::types::SSL;
use crate::libcrypto::bio::Bio;
use crate::libcrypto::sys;
use crate::seam::Handle;
use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// `SSL_dup(3)`: a second connection with the settings of one that has not begun its handshake. One that has is not
/// copied: the same connection comes back with a count more.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup(ssl: *mut SSL) -> *mut SSL {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let from = unsafe { share(ssl) }?;
        if from.has_begun() {
            return Ok(SSL::give(from));
        }
        let to = Connection::new(from.context())?;
        copy(&from, &to)?;
        Ok(SSL::give(to))
    })
}

fn copy(from: &Arc<Connection>, to: &Arc<Connection>) -> Result<(), Error> {
    let config = from.config();
    to.edit(|settings| *settings = (*config).clone());
    *to.method.write() = *from.method.read();
    if from.has_role() {
        to.set_server(from.is_server());
    }
    to.names.copy_from(&from.names);
    to.shutdown.store(from.shutdown.load(Ordering::Relaxed), Ordering::Relaxed);
    to.trust.copy_from(&from.trust);
    to.ca_lists.copy_from(&from.ca_lists);
    super::session::copy(from, to);
    if !to.ex_data.duplicate(&from.ex_data) {
        return Err(Error::Queued);
    }
    let bios = from.bios.read().clone();
    let read = duplicated(bios.read.as_ref())?;
    let same = matches!((&bios.read, &bios.write), (Some(read), Some(write)) if read.as_ptr() == write.as_ptr());
    let write = if same { read.clone() } else { duplicated(bios.write.as_ref())? };
    *to.bios.write() = Bios { read, write };
    Ok(())
}

fn duplicated(bio: Option<&Arc<Bio>>) -> Result<Option<Arc<Bio>>, Error> {
    let Some(bio) = bio else { return Ok(None) };
    // SAFETY: the chain is live; the copy's count is given to the wrapper.
    let copy = unsafe { Bio::from_owned(sys::BIO_dup_chain(bio.as_ptr())) };
    copy.map(Some).ok_or(Error::Queued)
}

/// `SSL_copy_session_id(3)`: gives `to` the session, the certificates and the session id context of `from`; 1 on
/// success.
///
/// Status: full.
///
/// # Safety
/// Both are null or live handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_copy_session_id(to: *mut SSL, from: *const SSL) -> c_int {
    guard(0, || {
        // SAFETY: null or live handles, by the manual.
        let (to, from) = unsafe { (share(to)?, share(from)?) };
        super::session::copy(&from, &to);
        let config = from.config();
        to.edit(|settings| {
            settings.certificates = config.certificates.clone();
            settings.session_id_context = config.session_id_context.clone();
        });
        Ok(1)
    })
}
